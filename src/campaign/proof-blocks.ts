// Fresh trials of `current` and the finalist in turn (A B, B A, …), a few of each at a time, so that drift hits both alike. All trials
// of a side add up, and each is offered where that side's own ones leave most open: an answer is no echo of where it began.
import { mean } from 'simple-statistics';
import { believe, type LimitBelief, quantile, ratioOf } from '../capacity/limit-belief.ts';
import { reachOf, type SeenTrial, weigh } from '../capacity/limit-evidence.ts';
import { SCATTERS } from '../capacity/scatters.ts';
import { createLimitSteps, type LimitSteps } from '../capacity/search-limit.ts';
import type { Metric } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';
import { normalBelow } from '../stats/normal.ts';
import { type Sides, swapPValue } from '../stats/permutation.ts';
import { createRandom } from '../stats/random.ts';
import { studentTQuantile } from '../stats/student-t.ts';
import type { Campaign } from './campaign.ts';
import { combined, type Measured } from './findings.ts';
import { FIRST_GUESS, LEAST, MAX_LOAD, MeasurementFailed, SPREAD, tryLoad } from './measure.ts';

/**
 * Trials of one side before the other has its turn (a change costs a restart): how far from where the limit is thought to be, in
 * units of the scatter. At the limit itself all outcomes are as likely, whatever the scatter: only trials to both sides of it
 * show how much there is, and with it how well the limit is known.
 * Source: M. R. Leek, "Adaptive procedures in psychophysical research", Perception & Psychophysics 63(8), 2001.
 */
const OFFSETS: Readonly<Record<Metric, readonly number[]>> = { burstCalls: [-1, 1, 0], capacityCps: [-1, 1] };
export const TRIALS_A_BLOCK: Readonly<Record<Metric, number>> = {
  burstCalls: OFFSETS.burstCalls.length,
  capacityCps: OFFSETS.capacityCps.length,
};
/** Exchanges that the permutation test looks at: all of up to twelve pairs, some of more. */
const PATTERNS = 4_096;
const SHAPE = { burstCalls: 'burst', capacityCps: 'steady' } as const;

/** One side's trials of one pair, in their order. */
export type Block = readonly SeenTrial[];

export interface Blocks {
  readonly pairs: readonly Sides<Block>[];
  readonly current: LimitSteps;
  readonly finalist: LimitSteps;
}

export interface BlocksOptions {
  readonly metric: Metric;
  readonly current: Measured;
  readonly finalist: Measured;
  /** Whether another pair is wanted, after those that there are. */
  readonly goOn: (blocks: Blocks, lastPairMs: number) => boolean;
  /** After each side of the first pair, while it is in force. */
  readonly whileInForce: (side: Measured) => Promise<void>;
}

/** Of a pair of which nothing was seen of one side nothing follows for the ratio: another one takes its place. */
export function usablePairs({ pairs }: Pick<Blocks, 'pairs'>): number {
  return pairs.filter(([a, b]) => a.length > 0 && b.length > 0).length;
}

/** Ends with the pairs that are whole when the campaign is interrupted. */
export async function measureBlocks(campaign: Campaign, options: BlocksOptions): Promise<Blocks> {
  const { metric, current, finalist } = options;
  const { clock, signal } = campaign;
  const steps = new Map([current, finalist].map((side) => [side, stepsOf(side, metric)] as const));
  const [a, b] = [steps.get(current) as LimitSteps, steps.get(finalist) as LimitSteps];
  const pairs: Sides<Block>[] = [];
  const blocks: Blocks = { pairs, current: a, finalist: b };
  let lastPairMs = 0;
  while (!signal.aborted && options.goOn(blocks, lastPairMs)) {
    const startMs = clock.nowMs();
    const seen = new Map<Measured, Block>();
    for (const side of pairs.length % 2 === 0 ? [current, finalist] : [finalist, current]) {
      await putInForce(campaign, side);
      seen.set(side, await measureBlock(campaign, side, metric, steps.get(side) as LimitSteps));
      if (signal.aborted) return blocks;
      if (pairs.length === 0) await options.whileInForce(side);
    }
    const pair: Sides<Block> = [seen.get(current) ?? [], seen.get(finalist) ?? []];
    // Nothing is left to try on either side.
    if (pair.every((block) => block.length === 0)) return blocks;
    pairs.push(pair);
    lastPairMs = clock.nowMs() - startMs;
  }
  return blocks;
}

export async function putInForce({ bed }: Campaign, side: Measured): Promise<void> {
  const applied = await bed.apply(side.configuration, `proof: ${side.label}`);
  if (applied.state === 'failed')
    throw new MeasurementFailed(`${side.label} could not be put in force for the proof: ${applied.reason}`);
}

async function measureBlock(
  campaign: Campaign,
  { label }: Measured,
  metric: Metric,
  steps: LimitSteps,
): Promise<Block> {
  const context = { ...campaign, load: campaign.scenario.load };
  const block: SeenTrial[] = [];
  for (const offset of OFFSETS[metric]) {
    const load = steps.next(offset);
    if (load === null) break;
    const classified = await tryLoad(label, metric, load, context);
    const { seen, cost, busyShare } = classified;
    if (seen === 'stop') break;
    // Such loads were judged before: it was the moment, not the load, that spoilt it, and nothing follows from it.
    const wasTheMoment = seen === 'unclear' && load <= campaign.spoilt.judgedUpTo[SHAPE[metric]];
    if (!wasTheMoment) steps.tell(load, classified);
    if (seen === 'carried' || seen === 'overloaded')
      block.push({ load, carried: seen === 'carried', cost, busyShare });
  }
  return block;
}

function stepsOf(side: Measured, metric: Metric): LimitSteps {
  const known = combined(side.values[metric])?.estimate ?? 0;
  return createLimitSteps({
    min: LEAST[metric],
    max: MAX_LOAD,
    scatters: SCATTERS[metric],
    expected:
      known > 0
        ? { value: known, spread: SPREAD.guessed[metric] }
        : { value: FIRST_GUESS[metric], spread: SPREAD.nothing[metric] },
  });
}

/**
 * How many times as much the finalist carries, with this confidence. The belief knows what trials say as far as limits scatter as it
 * takes them to; how much the ratio moves when a pair is left out tells what it does not know (drift, a scatter that trials so
 * near the limit do not show), and the wider of the two counts.
 * Source: B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans, 1982, chapter 3 (with t for the normal quantile).
 */
export function ratioOfBlocks(
  { pairs }: Pick<Blocks, 'pairs'>,
  metric: Metric,
  confidence: number,
): Interval {
  const ratio = ratioBelief(pairs, metric);
  const estimate = quantile(ratio, 0.5);
  const n = pairs.length;
  const without = pairs.map((_, left) =>
    Math.log(
      quantile(
        ratioBelief(
          pairs.filter((_pair, index) => index !== left),
          metric,
        ),
        0.5,
      ),
    ),
  );
  const centre = without.reduce((sum, one) => sum + one, 0) / n;
  const variance = ((n - 1) / n) * without.reduce((sum, one) => sum + (one - centre) ** 2, 0);
  const half = n < 2 ? 0 : studentTQuantile((1 + confidence) / 2, n - 1) * Math.sqrt(variance);
  return {
    estimate,
    low: Math.min(quantile(ratio, (1 - confidence) / 2), estimate * Math.exp(-half)),
    high: Math.max(quantile(ratio, (1 + confidence) / 2), estimate * Math.exp(half)),
  };
}

/**
 * How often luck alone would make the finalist look this good. Were both sides the same, there would be one limit, and each trial
 * would be carried as often as its load lets expect of it: what was carried beyond that counts for its side. Where a trial was
 * offered, which follows from earlier ones of its side, says nothing by itself.
 * Source: the score test of a difference in a probit regression; exchanged by pairs, see swapPValue.
 */
export function pValueOfBlocks({ pairs }: Pick<Blocks, 'pairs'>, metric: Metric): number {
  const sides = [pairs.flatMap(([a]) => a), pairs.flatMap(([, b]) => b)];
  const nothing = { value: FIRST_GUESS[metric], spread: SPREAD.nothing[metric] };
  const own = sides.map((trials) =>
    believe(trials, { ...reachOf(trials, nothing), scatters: SCATTERS[metric] }),
  );
  // Each limit and scatter is as likely to be that of the one side as of the other.
  const limit = mean(own.map((belief) => Math.log(quantile(belief, 0.5))));
  const scatter = Math.exp(mean(own.map((belief) => Math.log(belief.scatter))));
  const surplusOf = (block: Block) =>
    block.reduce((sum, { load, carried }) => {
      const expected = normalBelow((limit - Math.log(load)) / scatter);
      return sum + (carried ? 1 : 0) - expected;
    }, 0);
  const surpluses = pairs.map(([a, b]): Sides<number> => [surplusOf(a), surplusOf(b)]);
  return swapPValue(surpluses, (all) => all.reduce((sum, [a, b]) => sum + b - a, 0), {
    random: createRandom(1),
    patterns: PATTERNS,
  });
}

function ratioBelief(pairs: readonly Sides<Block>[], metric: Metric): LimitBelief {
  const beliefOf = (side: 0 | 1) =>
    weigh(
      pairs.flatMap((pair) => pair[side]),
      SCATTERS[metric],
      { value: FIRST_GUESS[metric], spread: SPREAD.nothing[metric] },
    ).belief;
  return ratioOf(beliefOf(0), beliefOf(1));
}

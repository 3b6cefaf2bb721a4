// The proof of a limit: how much more one side carries. All trials of a side add up, and each is offered where that side's own ones
// leave most open: an answer is no echo of where it began.
import { mean } from 'simple-statistics';
import { believe, type LimitBelief, quantile, ratioOf } from '../../capacity/limit-belief.ts';
import { reachOf, type SeenTrial, weigh } from '../../capacity/limit-evidence.ts';
import { SCATTERS } from '../../capacity/scatters.ts';
import { createLimitSteps, type LimitSteps } from '../../capacity/search-limit.ts';
import type { LimitMetric, LoadSpec } from '../../scenario/scenario.ts';
import type { Interval } from '../../stats/interval.ts';
import { normalBelow } from '../../stats/normal.ts';
import { type Sides, swapPValue } from '../../stats/permutation.ts';
import { studentTQuantile } from '../../stats/student-t.ts';
import type { Campaign } from '../campaign.ts';
import { known, type Measured } from '../findings.ts';
import { FIRST_GUESS, LEAST, MAX_LOAD, SPREAD, trialMs, tryLoad } from '../measure.ts';
import { fileFound } from '../measure-into.ts';
import type { Block, Pairs, ProofMethod, ProofSide } from './proof-method.ts';

/**
 * Trials of one side before the other has its turn (a change costs a restart): how far from where the limit is thought to be, in
 * units of the scatter. At the limit itself all outcomes are as likely, whatever the scatter: only trials to both sides of it
 * show how much there is, and with it how well the limit is known.
 * Source: M. R. Leek, "Adaptive procedures in psychophysical research", Perception & Psychophysics 63(8), 2001.
 */
const OFFSETS: Readonly<Record<LimitMetric, readonly number[]>> = {
  burstCalls: [-1, 1, 0],
  capacityCps: [-1, 1],
};
const SHAPE = { burstCalls: 'burst', capacityCps: 'steady' } as const;

export function limitProof(metric: LimitMetric, load: LoadSpec): ProofMethod {
  return {
    blockMs: OFFSETS[metric].length * trialMs(metric, load),
    open: (campaign, side) => openSide(campaign, side, metric),
    ratio: (pairs, confidence) => ratioOfLimits(pairs, metric, confidence),
    pValue: (pairs) => pValueOfLimits(pairs, metric),
    objection: () => null,
  };
}

function openSide(campaign: Campaign, side: Measured, metric: LimitMetric): ProofSide {
  const steps = stepsOf(side, metric);
  return {
    measureBlock: () => measureBlock(campaign, side, metric, steps),
    value: () => steps.found(true).limit,
    file: (wallMs) => fileFound(campaign, side, metric, steps.found(true), wallMs),
  };
}

async function measureBlock(
  campaign: Campaign,
  { label }: Measured,
  metric: LimitMetric,
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

function stepsOf(side: Measured, metric: LimitMetric): LimitSteps {
  const before = known(side, metric)?.estimate ?? 0;
  return createLimitSteps({
    min: LEAST[metric],
    max: MAX_LOAD,
    scatters: SCATTERS[metric],
    expected:
      before > 0
        ? { value: before, spread: SPREAD.guessed[metric] }
        : { value: FIRST_GUESS[metric], spread: SPREAD.nothing[metric] },
  });
}

/**
 * How many times as much the other side carries, with this confidence. The belief knows what trials say as far as limits scatter as it
 * takes them to; how much the ratio moves when a pair is left out tells what it does not know (drift, a scatter that trials so
 * near the limit do not show), and the wider of the two counts.
 * Source: B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans, 1982, chapter 3 (with t for the normal quantile).
 */
export function ratioOfLimits(pairs: Pairs, metric: LimitMetric, confidence: number): Interval {
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
 * How often luck alone would make the other side look this good. Were both sides the same, there would be one limit, and each trial
 * would be carried as often as its load lets expect of it: what was carried beyond that counts for its side. Where a trial was
 * offered, which follows from earlier ones of its side, says nothing by itself.
 * Source: the score test of a difference in a probit regression; exchanged by pairs, see swapPValue.
 */
export function pValueOfLimits(pairs: Pairs, metric: LimitMetric): number {
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
  return swapPValue(surpluses, (all) => all.reduce((sum, [a, b]) => sum + b - a, 0));
}

function ratioBelief(pairs: Pairs, metric: LimitMetric): LimitBelief {
  const beliefOf = (side: 0 | 1) =>
    weigh(
      pairs.flatMap((pair) => pair[side]),
      SCATTERS[metric],
      { value: FIRST_GUESS[metric], spread: SPREAD.nothing[metric] },
    ).belief;
  return ratioOf(beliefOf(0), beliefOf(1));
}

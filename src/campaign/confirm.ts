// The proof: the best meets `current` in fresh trials, interleaved so that drift hits both alike (A B B A …).
import type { LimitFound } from '../capacity/search-limit.ts';
import type { LoadSpec, Metric, Objective, Scenario } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';
import { emitNetperf, fileFound, measureInto, WIDTH } from './baseline.ts';
import type { Campaign } from './campaign.ts';
import type { Findings, Measured } from './findings.ts';
import { carriesMostly, TRIALS_OF_MOST, trialMs } from './measure.ts';
import {
  type Blocks,
  measureBlocks,
  putInForce,
  pValueOfBlocks,
  ratioOfBlocks,
  TRIALS_A_BLOCK,
  usablePairs,
} from './proof-blocks.ts';
import { RESTART_MS } from './search-candidates.ts';

const METRIC_WORDS: Readonly<Record<Metric, string>> = {
  burstCalls: 'the burst',
  capacityCps: 'the capacity',
};
const CONFIDENCE = 0.95;
/** Fewer prove nothing, however well they agree. */
const MIN_PAIRS = 6;
const MAX_PAIRS = 24;
/**
 * The pairs end before their time when even this interval lies on one side of 1. Looking after every pair costs no honesty then:
 * the interval that is reported keeps its 95 %.
 * Source: J. L. Haybittle, British Journal of Radiology 44, 1971; R. Peto et al., British Journal of Cancer 34, 1976.
 */
const CONFIDENCE_TO_STOP = 0.999;
/** Trials that measure today's, on average. */
const TRIALS_OF_A_GUARD: Readonly<Record<Metric, number>> = { burstCalls: 3, capacityCps: 5 };

/** About how long the least proof takes, ms. */
export function proofMs({ objective, load }: Scenario): number {
  return MIN_PAIRS * pairMs(objective.maximise, load) + guardsMs(objective, load);
}

/** Today's measured, and what is asked of the finalist. */
function guardsMs({ guards }: Objective, load: LoadSpec): number {
  return guards.reduce(
    (sum, { metric }) => sum + (TRIALS_OF_A_GUARD[metric] + TRIALS_OF_MOST) * trialMs(metric, load),
    0,
  );
}

function pairMs(metric: Metric, load: LoadSpec): number {
  return 2 * (TRIALS_A_BLOCK[metric] * trialMs(metric, load) + RESTART_MS);
}

export async function confirm(campaign: Campaign): Promise<void> {
  const { findings, scenario, budget, signal } = campaign;
  const { guards } = scenario.objective;
  const { finalist } = findings;
  if (finalist === null || findings.current === null) {
    findings.verdict = 'not-proven';
    findings.reason = 'no configuration that was tried carried more than what the system has today';
    return;
  }
  findings.best = finalist;
  findings.searched = {
    burstCalls: finalist.values.burstCalls.length,
    capacityCps: finalist.values.capacityCps.length,
  };
  const endMs = budget.deadlineMs('confirm');
  const guardMs = guardsMs(scenario.objective, scenario.load);

  const blocks = await prove(campaign, finalist, { endMs: endMs - guardMs, reserveMs: guardMs });
  // Without a proof there is nothing to guard.
  const provable = blocks !== null && usablePairs(blocks) >= MIN_PAIRS;
  for (const guard of provable ? guards : []) await checkGuard(campaign, finalist, guard);
  if (signal.aborted) return;
  judge(campaign, blocks);
}

async function prove(
  campaign: Campaign,
  finalist: Measured,
  { endMs, reserveMs }: { readonly endMs: number; readonly reserveMs: number },
): Promise<Blocks | null> {
  const { findings, clock, signal, budget, scenario } = campaign;
  const metric = scenario.objective.maximise;
  const { current } = findings;
  if (current === null) return null;
  const startMs = clock.nowMs();
  const blocks = await measureBlocks(campaign, {
    ...{ metric, current, finalist },
    goOn: (soFar, lastPairMs) => {
      if (soFar.pairs.length >= MAX_PAIRS) return false;
      const got = usablePairs(soFar);
      if (got >= MIN_PAIRS && (clock.nowMs() + lastPairMs > endMs || isDecided(soFar, metric))) return false;
      // A budget that is spent is spent, also where the pairs are too few then.
      return soFar.pairs.length < 1 || budget.leftMs() >= lastPairMs + (got < MIN_PAIRS ? 0 : reserveMs);
    },
    whileInForce: async (side) => {
      if (side !== finalist || findings.netperfWinner !== null) return;
      findings.netperfWinner = await campaign.bed.netperf();
      await emitNetperf(campaign, 'winner');
    },
  });
  if (signal.aborted || blocks.pairs.length === 0) return null;
  for (const [side, steps] of [
    [current, blocks.current],
    [finalist, blocks.finalist],
  ] as const)
    await fileFound(campaign, side, metric, steps.found(true), clock.nowMs() - startMs);
  return blocks;
}

/**
 * Today's is measured once more, and the finalist is offered the least that it must carry, a few times: that is the question, and
 * it takes less time than its whole answer. With time left the finalist is measured as well, for the number.
 */
async function checkGuard(
  campaign: Campaign,
  finalist: Measured,
  guard: Objective['guards'][number],
): Promise<void> {
  const { findings, signal, budget, scenario } = campaign;
  const { metric, mayFall } = guard;
  const { current } = findings;
  if (current === null || signal.aborted) return;
  await putInForce(campaign, current);
  const askMs = TRIALS_OF_MOST * trialMs(metric, scenario.load);
  const todays = await measureInto(campaign, current, metric, budget.endMs - askMs, { needsBound: true });
  const most = mostOf(todays);
  if (most === 0 || signal.aborted) return;
  await putInForce(campaign, finalist);
  const least = Math.max(1, Math.ceil(most * (1 - mayFall)));
  const context = { ...campaign, load: scenario.load };
  const seen = await carriesMostly(finalist.label, metric, least, context);
  if ((seen !== 'carried' && seen !== 'overloaded') || signal.aborted) return;
  const known = seen === 'carried' ? { carried: least } : {};
  const found =
    budget.leftMs() > askMs ? await measureInto(campaign, finalist, metric, budget.endMs, known) : null;
  if (signal.aborted) return;
  const estimate = found?.limit.estimate ?? 0;
  const held = seen === 'carried';
  const value = held ? Math.max(least, estimate) : Math.max(1, Math.min(least - 1, estimate));
  findings.guards.push({
    ...guard,
    held,
    measured: found?.decided === true,
    ratio: guardRatio(most, value, metric),
  });
}

/**
 * What a guard holds the winner to: today's answer where it is known as closely as was asked for, else the least load that today's
 * failed, which is more than it carries. What today's carried says nothing without a load that was too much, unless more
 * cannot be offered to either side. 0: not known.
 */
function mostOf(todays: LimitFound): number {
  const { limit, decided, unreachable } = todays;
  if (decided) return limit.estimate;
  const failed = tooMuch(todays);
  if (failed.length > 0) return Math.min(...failed);
  return unreachable === null ? 0 : limit.estimate;
}

/** The loads of the trials that were overloaded. */
function tooMuch({ evidence }: LimitFound): readonly number[] {
  return evidence.filter(({ carried }) => !carried).map(({ load }) => load);
}

function judge({ findings, scenario }: Campaign, blocks: Blocks | null): void {
  const { maximise, guards } = scenario.objective;
  const got = blocks === null ? 0 : usablePairs(blocks);
  const unguarded = guards.find(({ metric }) => findings.guards.every((guard) => guard.metric !== metric));
  if (blocks === null || got < MIN_PAIRS || unguarded) {
    const missing =
      got < MIN_PAIRS
        ? `only ${got} of the ${MIN_PAIRS} pairs that a proof needs fitted into the budget`
        : `${METRIC_WORDS[unguarded?.metric ?? maximise]} was not found closely enough to see that it does not fall`;
    const enoughMs = scenario.budgetMs + proofMs(scenario);
    findings.verdict = 'not-proven';
    findings.reason = `${missing}: give it more time, e.g. --budget ${Math.ceil(enoughMs / 60_000)}m`;
    return;
  }
  const ratio = ratioOfBlocks(blocks, maximise, CONFIDENCE);
  findings.comparison = {
    metric: maximise,
    ratio,
    confidence: CONFIDENCE,
    pairs: got,
    pValue: pValueOfBlocks(blocks, maximise),
    sides: { current: blocks.current.found(true).limit, winner: blocks.finalist.found(true).limit },
    trials: blocks.pairs.map(([current, winner]) => ({ current, winner })),
    guards: findings.guards,
  };
  const broken = findings.guards.find(({ held }) => !held);
  findings.verdict = ratio.low > 1 && !broken ? 'improved' : 'not-proven';
  findings.reason = broken
    ? brokenText(broken)
    : ratio.low > 1
      ? `${METRIC_WORDS[maximise]} is ${ratio.estimate.toFixed(2)} times today's (95 % interval ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}, ${got} pairs)`
      : `the ratio's 95 % interval, ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}, does not lie above 1`;
}

function brokenText({ metric, ratio, measured, mayFall }: Findings['guards'][number]): string {
  const fell = measured
    ? `fell to ${(ratio.estimate * 100).toFixed(1)} % of today's`
    : `fell: ${(100 - mayFall * 100).toFixed(0)} % of today's was too much`;
  return `${METRIC_WORDS[metric]} ${fell}; at most ${(mayFall * 100).toFixed(0)} % may be lost`;
}

/** One pair more would not change what is said. */
function isDecided(blocks: Blocks, metric: Metric): boolean {
  const { low, high } = ratioOfBlocks(blocks, metric, CONFIDENCE_TO_STOP);
  return low > 1 || high < 1;
}

/** A single pair tells nothing of the spread between pairs: its interval is that of the two brackets alone. */
function guardRatio(current: number, winner: number, metric: Metric): Interval {
  const ratio = winner / current;
  return { estimate: ratio, low: ratio / (1 + WIDTH[metric]), high: ratio * (1 + WIDTH[metric]) };
}

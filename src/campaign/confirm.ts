// The proof: the best meets `current` in fresh trials, interleaved so that drift hits both alike (A B B A …).
import type { LimitFound } from '../capacity/search-limit.ts';
import type { LoadSpec, Metric, Objective, Scenario } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';
import { type Pair, pairedRatio } from '../stats/paired-ratio.ts';
import { signFlipPValue } from '../stats/permutation.ts';
import { emitNetperf, measureInto, WIDTH } from './baseline.ts';
import type { Campaign } from './campaign.ts';
import { combined, type Findings, type Measured } from './findings.ts';
import { MeasurementFailed, trialMs } from './measure.ts';

const METRIC_WORDS: Readonly<Record<Metric, string>> = {
  burstCalls: 'the burst',
  capacityCps: 'the capacity',
};
const CONFIDENCE = 0.95;
/** Fewer prove nothing, however well they agree. */
const MIN_PAIRS = 4;
const MAX_PAIRS = 8;
const GUARD_PAIRS = 2;
/** Trials that measure one side of a pair, on average. */
const TRIALS_A_SIDE: Readonly<Record<Metric, number>> = { burstCalls: 5, capacityCps: 5 };

/** About how long the least proof takes, ms. */
export function proofMs({ objective, load }: Scenario): number {
  return MIN_PAIRS * pairMs(objective.maximise, load) + guardsMs(objective, load);
}

/** A pair for each guard. */
function guardsMs({ guards }: Objective, load: LoadSpec): number {
  return guards.reduce((sum, { metric }) => sum + pairMs(metric, load), 0);
}

function pairMs(metric: Metric, load: LoadSpec): number {
  return 2 * TRIALS_A_SIDE[metric] * trialMs(metric, load);
}

export async function confirm(campaign: Campaign): Promise<void> {
  const { findings, scenario, budget, signal } = campaign;
  const { maximise, guards } = scenario.objective;
  const finalist = finalistOf(campaign);
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

  await measurePairs(campaign, finalist, maximise, {
    min: MIN_PAIRS,
    max: MAX_PAIRS,
    endMs: endMs - guardMs,
    reserveMs: guardMs,
  });
  // Without a proof there is nothing to guard.
  const provable = usablePairs(findings, maximise).length >= MIN_PAIRS;
  for (const { metric } of provable ? guards : [])
    await measurePairs(campaign, finalist, metric, { min: 1, max: GUARD_PAIRS, endMs, reserveMs: 0 });
  if (signal.aborted) return;
  judge(campaign);
}

/** The best candidate, or a contender that did better than every candidate. */
function finalistOf({ findings, scenario }: Campaign): Measured | null {
  const metric = scenario.objective.maximise;
  const scoreOf = (measured: Measured | null) => combined(measured?.values[metric] ?? [])?.estimate ?? 0;
  const rivals = [findings.best, ...findings.contenders].filter((measured) => measured !== null);
  const best = rivals.reduce<Measured | null>((a, b) => (scoreOf(b) > scoreOf(a) ? b : a), null);
  return best !== null && scoreOf(best) > scoreOf(findings.current) ? best : null;
}

async function measurePairs(
  campaign: Campaign,
  finalist: Measured,
  metric: Metric,
  pairs: { readonly min: number; readonly max: number; readonly endMs: number; readonly reserveMs: number },
): Promise<void> {
  const { findings, clock, signal, budget } = campaign;
  const current = findings.current;
  if (current === null) return;
  const isGuard = metric !== campaign.scenario.objective.maximise;
  let lastPairMs = 0;
  for (let n = 0; n < pairs.max && !signal.aborted; n += 1) {
    const startMs = clock.nowMs();
    // A pair of which one side carried nothing within its time proves nothing: another one takes its place.
    const got = usablePairs(findings, metric).length;
    if (got >= pairs.min && startMs + lastPairMs > pairs.endMs) return;
    // A budget that is spent is spent, also where the pairs are too few then.
    if (n >= 1 && budget.leftMs() < lastPairMs + (got < pairs.min ? 0 : pairs.reserveMs)) return;
    // A guard has a pair or two: they go on until the bracket is closed, for a wide one decides nothing.
    const endMs = isGuard ? budget.endMs : pairs.endMs;
    const sliceMs = Math.max(0, endMs - startMs) / Math.max(1, pairs.min - got) / 2;
    const answers = new Map<Measured, LimitFound>();
    for (const side of n % 2 === 0 ? [current, finalist] : [finalist, current]) {
      await putInForce(campaign, side);
      const found = await measureInto(campaign, side, metric, clock.nowMs() + sliceMs, {
        needsBound: isGuard,
      });
      answers.set(side, found);
      if (side === finalist && findings.netperfWinner === null && !signal.aborted) {
        findings.netperfWinner = await campaign.bed.netperf();
        await emitNetperf(campaign, 'winner');
      }
      if (signal.aborted) return;
    }
    const [todays, winners] = [answers.get(current), answers.get(finalist)];
    if (todays && winners)
      findings.pairs[metric].push(
        isGuard ? guardPair(todays, winners) : [todays.limit.estimate, winners.limit.estimate],
      );
    lastPairMs = clock.nowMs() - startMs;
  }
}

/** 0 for a side of which too little is known. */
function guardPair(todays: LimitFound, winners: LimitFound): Pair {
  const most = mostOf(todays);
  const { decided, limit } = winners;
  // Less than today's, but never too much: its trials ended before its rate did, and nothing is known of a fall.
  const unknown = limit.estimate < most && !decided && tooMuch(winners).length === 0;
  return [most, unknown ? 0 : limit.estimate];
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

async function putInForce({ bed }: Campaign, side: Measured): Promise<void> {
  const applied = await bed.apply(side.configuration, `proof: ${side.label}`);
  if (applied.state === 'failed')
    throw new MeasurementFailed(`${side.label} could not be put in force for the proof: ${applied.reason}`);
}

function judge({ findings, scenario }: Campaign): void {
  const { maximise, guards } = scenario.objective;
  const usable = usablePairs(findings, maximise);
  const unguarded = guards.find(({ metric }) => usablePairs(findings, metric).length === 0);
  if (usable.length < MIN_PAIRS || unguarded) {
    const missing =
      usable.length < MIN_PAIRS
        ? `only ${usable.length} of the ${MIN_PAIRS} pairs that a proof needs fitted into the budget`
        : `${METRIC_WORDS[unguarded?.metric ?? maximise]} was not found closely enough, on both sides of a pair, to see that it does not fall`;
    const enoughMs = scenario.budgetMs + proofMs(scenario);
    findings.verdict = 'not-proven';
    findings.reason = `${missing}: give it more time, e.g. --budget ${Math.ceil(enoughMs / 60_000)}m`;
    return;
  }
  const ratio = pairedRatio(usable, CONFIDENCE, { resolution: WIDTH[maximise] / 2 });
  const heldGuards = guards.map(({ metric, mayFall }) => {
    const guardRatio = guardRatioOf(usablePairs(findings, metric), WIDTH[metric]);
    return { metric, ratio: guardRatio, mayFall, held: guardRatio.estimate >= 1 - mayFall };
  });
  findings.comparison = {
    metric: maximise,
    ratio,
    confidence: CONFIDENCE,
    pairs: usable.length,
    pValue: signFlipPValue(usable.map(([current, winner]) => Math.log(winner / current))),
    guards: heldGuards,
  };
  const broken = heldGuards.find(({ held }) => !held);
  findings.verdict = ratio.low > 1 && !broken ? 'improved' : 'not-proven';
  findings.reason = broken
    ? `${METRIC_WORDS[broken.metric]} fell to ${(broken.ratio.estimate * 100).toFixed(1)} % of today's; at most ${(broken.mayFall * 100).toFixed(0)} % may be lost`
    : ratio.low > 1
      ? `${METRIC_WORDS[maximise]} is ${ratio.estimate.toFixed(2)} times today's (95 % interval ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}, ${usable.length} pairs)`
      : `the ratio's 95 % interval, ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}, does not lie above 1`;
}

/** A side that carried nothing within its time has no ratio. */
function usablePairs({ pairs }: Findings, metric: Metric): readonly Pair[] {
  return pairs[metric].filter(([current, winner]) => current > 0 && winner > 0);
}

/** A single pair tells nothing of the spread between pairs: its interval is that of the two brackets alone. */
function guardRatioOf(pairs: readonly Pair[], width: number): Interval {
  if (pairs.length !== 1) return pairedRatio(pairs, CONFIDENCE, { resolution: width / 2 });
  const [[current, winner]] = pairs as [Pair];
  const ratio = winner / current;
  return { estimate: ratio, low: ratio / (1 + width), high: ratio * (1 + width) };
}

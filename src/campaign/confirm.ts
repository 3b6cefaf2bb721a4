// The proof: the best meets `current` in fresh trials, interleaved so that drift hits both alike (A B B A …).
import type { Metric } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';
import { pairedRatio } from '../stats/paired-ratio.ts';
import { signFlipPValue } from '../stats/permutation.ts';
import { emitNetperf, measureInto, WIDTH } from './baseline.ts';
import type { Campaign } from './campaign.ts';
import type { Measured } from './findings.ts';
import { MeasurementFailed } from './measure.ts';

const METRIC_WORDS: Readonly<Record<Metric, string>> = {
  burstCalls: 'the burst',
  capacityCps: 'the capacity',
};
const CONFIDENCE = 0.95;
/** Fewer prove nothing, however well they agree. */
const MIN_PAIRS = 4;
const MAX_PAIRS = 8;
/** The guards need steady trials, which are long: this share of the time that is left for the proof. */
const GUARD_SHARE = 0.45;
const GUARD_PAIRS = 2;

export async function confirm(campaign: Campaign): Promise<void> {
  const { findings, scenario, budget, clock, signal } = campaign;
  const { maximise, guards } = scenario.objective;
  const finalist = finalistOf(campaign);
  if (finalist === null || findings.current === null) {
    findings.verdict = 'not-proven';
    findings.reason = 'no configuration that was tried carried more than what the system has today';
    return;
  }
  findings.best = finalist;
  const endMs = budget.deadlineMs('confirm');
  const guardMs = guards.length === 0 ? 0 : (endMs - clock.nowMs()) * GUARD_SHARE;

  await measurePairs(campaign, finalist, maximise, {
    min: MIN_PAIRS,
    max: MAX_PAIRS,
    endMs: endMs - guardMs,
    reserveMs: guardMs,
  });
  for (const { metric } of guards)
    await measurePairs(campaign, finalist, metric, { min: 1, max: GUARD_PAIRS, endMs, reserveMs: 0 });
  if (signal.aborted) return;
  judge(campaign);
}

/** The best candidate, or a contender that did better than every candidate. */
function finalistOf({ findings, scenario }: Campaign): Measured | null {
  const metric = scenario.objective.maximise;
  const scoreOf = (measured: Measured | null) => measured?.values[metric][0]?.estimate ?? 0;
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
  let lastPairMs = 0;
  for (let n = 0; n < pairs.max && !signal.aborted; n += 1) {
    const startMs = clock.nowMs();
    if (n >= pairs.min && startMs + lastPairMs > pairs.endMs) return;
    // A budget that is spent is spent, also where the pairs are too few then.
    if (n >= 1 && budget.leftMs() < lastPairMs + pairs.reserveMs) return;
    const sliceMs = Math.max(0, pairs.endMs - startMs) / Math.max(1, pairs.min - n) / 2;
    const values = new Map<Measured, number>();
    for (const side of n % 2 === 0 ? [current, finalist] : [finalist, current]) {
      await putInForce(campaign, side);
      values.set(side, await measureInto(campaign, side, metric, clock.nowMs() + sliceMs));
      if (side === finalist && findings.netperfWinner === null && !signal.aborted) {
        findings.netperfWinner = await campaign.bed.netperf();
        await emitNetperf(campaign, 'winner');
      }
      if (signal.aborted) return;
    }
    findings.pairs[metric].push([values.get(current) ?? 0, values.get(finalist) ?? 0]);
    lastPairMs = clock.nowMs() - startMs;
  }
}

async function putInForce({ bed }: Campaign, side: Measured): Promise<void> {
  const applied = await bed.apply(side.configuration, `proof: ${side.label}`);
  if (applied.state === 'failed')
    throw new MeasurementFailed(`${side.label} could not be put in force for the proof: ${applied.reason}`);
}

function judge({ findings, scenario }: Campaign): void {
  const { maximise, guards } = scenario.objective;
  const pairs = findings.pairs[maximise];
  const usable = pairs.filter(([current, winner]) => current > 0 && winner > 0);
  if (usable.length < MIN_PAIRS) {
    findings.verdict = 'not-proven';
    findings.reason = `only ${usable.length} of the ${MIN_PAIRS} pairs that a proof needs fitted into the budget: give it more time`;
    return;
  }
  const ratio = pairedRatio(usable, CONFIDENCE, { resolution: WIDTH[maximise] / 2 });
  const heldGuards = guards.map(({ metric, mayFall }) => {
    const guardPairs = findings.pairs[metric].filter(([current, winner]) => current > 0 && winner > 0);
    const guardRatio = guardRatioOf(guardPairs, WIDTH[metric]);
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

/** A single pair tells nothing of the spread between pairs: its interval is that of the two brackets alone. */
function guardRatioOf(pairs: readonly (readonly [number, number])[], width: number): Interval {
  const [first] = pairs;
  if (!first) return { estimate: 0, low: 0, high: 0 };
  if (pairs.length > 1) return pairedRatio(pairs, CONFIDENCE, { resolution: width / 2 });
  const ratio = first[1] / first[0];
  return { estimate: ratio, low: ratio / (1 + width), high: ratio * (1 + width) };
}

// The pairs as a table, and what they come to.
import { sampleStandardDeviation } from 'simple-statistics';
import { pairedRatio } from '../../../src/stats/paired-ratio.ts';
import type { Seen } from './bench.ts';

export interface Pair {
  readonly metered: Seen;
  readonly bare: Seen;
}

export function renderPairs(pairs: readonly Pair[], windowS: number): string {
  if (pairs.length < 2) return 'fewer than two pairs: nothing to compare\n';
  const extraPct = pairs.map(({ metered, bare }) => (metered.ownCpuMs - bare.ownCpuMs) / (windowS * 10));
  const rows = pairs.map(({ metered, bare }, index) =>
    [
      String(index + 1),
      extraPct[index]?.toFixed(2) ?? '',
      ...[metered, bare].flatMap(({ verdict, routerMsPerCall }) => [
        delays(verdict),
        routerMsPerCall.toFixed(4),
      ]),
    ].join(' | '),
  );
  const costs = pairs.map(({ metered, bare }) => [bare.routerMsPerCall, metered.routerMsPerCall] as const);
  const ratio = pairedRatio(costs, 0.95);
  const carried = (side: keyof Pair) => pairs.filter((pair) => pair[side].verdict.state === 'carried').length;
  const mean = extraPct.reduce((sum, pct) => sum + pct, 0) / extraPct.length;
  return `${[
    '| pair | meters, % of a core | with: loss, p50/p99 ms | router ms/call | without: loss, p50/p99 ms | router ms/call |',
    '| ---: | ---: | --- | ---: | --- | ---: |',
    ...rows.map((row) => `| ${row} |`),
    '',
    `All meters together: ${mean.toFixed(2)} % of one core during the window of ${windowS} s (standard deviation ${sampleStandardDeviation(extraPct).toFixed(2)}).`,
    `CPU time of the router per call, with meters against without: ${ratio.estimate.toFixed(3)} (95 % interval ${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)}).`,
    `Carried: ${carried('metered')} of ${pairs.length} with, ${carried('bare')} of ${pairs.length} without.`,
  ].join('\n')}\n`;
}

/** Calls/s, of one search each. */
export interface CapacityPair {
  readonly metered: number;
  readonly bare: number;
}

export function renderCapacities(pairs: readonly CapacityPair[]): string {
  // A search that was cut short has no number.
  const whole = pairs.filter(({ metered, bare }) => metered > 0 && bare > 0);
  if (whole.length < 2) return 'fewer than two pairs: nothing to compare\n';
  const ratio = pairedRatio(
    whole.map(({ metered, bare }) => [bare, metered] as const),
    0.95,
  );
  const spreadPct = (values: readonly number[]) => 100 * sampleStandardDeviation(values.map(Math.log));
  const spreads = [
    ['with', spreadPct(whole.map(({ metered }) => metered))],
    ['without', spreadPct(whole.map(({ bare }) => bare))],
    ['their ratio', spreadPct(whole.map(({ metered, bare }) => metered / bare))],
  ] as const;
  return `${[
    '| pair | with, calls/s | without, calls/s | ratio |',
    '| ---: | ---: | ---: | ---: |',
    ...whole.map(
      ({ metered, bare }, index) =>
        `| ${index + 1} | ${metered.toFixed(0)} | ${bare.toFixed(0)} | ${(metered / bare).toFixed(3)} |`,
    ),
    '',
    `Capacity with meters against without: ${ratio.estimate.toFixed(3)} (95 % interval ${ratio.low.toFixed(3)} to ${ratio.high.toFixed(3)}).`,
    `Spread (standard deviation): ${spreads.map(([what, pct]) => `${what} ${pct.toFixed(1)} %`).join(', ')}.`,
  ].join('\n')}\n`;
}

function delays(verdict: Seen['verdict']): string {
  if (verdict.state === 'invalid' || verdict.state === 'failed') return `${verdict.state}: ${verdict.reason}`;
  const { loss, setupMs } = verdict;
  return `${(loss * 100).toFixed(2)} %, ${setupMs?.p50.toFixed(0) ?? '–'}/${setupMs?.p99.toFixed(0) ?? '–'}`;
}

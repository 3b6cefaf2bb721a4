// What a proof says, in words.
import { timesText } from '../../report/numbers.ts';
import type { LimitMetric, Metric } from '../../scenario/scenario.ts';
import type { Interval } from '../../stats/interval.ts';

export const METRIC_WORDS: Readonly<Record<LimitMetric, string>> = {
  burstCalls: 'the burst',
  capacityCps: 'the capacity',
};
const GAINS: Readonly<Record<Metric, (times: string) => string>> = {
  burstCalls: (times) => `the burst is ${times} times today's`,
  capacityCps: (times) => `the capacity is ${times} times today's`,
  lossShare: (times) => `today's loss is ${times} times the winner's`,
  p99SetupMs: (times) => `today's p99 setup delay is ${times} times the winner's`,
  memoryMib: (times) => `today's memory is ${times} times the winner's`,
};

/** "the burst is 5.24 times today's". */
export function gainText(metric: Metric, { estimate }: Interval): string {
  return GAINS[metric](timesText(estimate));
}

/** "0.98 to 1.31". */
export function rangeText({ low, high }: Interval): string {
  return `${timesText(low)} to ${timesText(high)}`;
}

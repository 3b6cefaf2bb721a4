// A load in words, so that calls of one kind are not taken for another's.
import { goalsOf } from '../scenario/metrics.ts';
import type { LoadSpec, Metric } from '../scenario/scenario.ts';
import type { Result } from '../store/result.ts';
import { count, METRIC_TITLES } from './numbers.ts';

const FLOWS: Readonly<Record<LoadSpec['flow'], string>> = {
  invite: 'INVITE calls',
  options: 'OPTIONS',
  register: 'REGISTER',
};
const TRANSPORTS = { tcp: 'TCP, one connection', 'tcp-per-call': 'TCP, a connection for each call' } as const;

/** Results of before loads were recorded had whole calls over UDP, unless their scenarios say otherwise. */
export function loadText(
  { flow, transport, arrivals, baseRateCps }: NonNullable<Result['load']> = { flow: 'invite' },
): string {
  const how = arrivals === undefined ? '' : `, ${arrivalsText(arrivals)}`;
  const base = baseRateCps === undefined ? '' : `, burst${overBase(baseRateCps)}`;
  return `${FLOWS[flow]} over ${transport === undefined ? 'UDP' : TRANSPORTS[transport]}${how}${base}`;
}

/** " over 200 calls/s", or nothing where the router is idle before a burst. */
export function overBase(baseRateCps: number | undefined): string {
  return baseRateCps === undefined ? '' : ` over ${count(baseRateCps)} calls/s`;
}

/** METRIC_TITLES, with what a burst came on top of, and with the rate at which something else was measured. */
export function metricTitle(metric: Metric, { load, objective }: Pick<Result, 'load' | 'objective'>): string {
  if (metric === 'burstCalls' && load?.baseRateCps !== undefined)
    return `burst (calls at once${overBase(load.baseRateCps)})`;
  const goal = goalsOf(objective).find(({ minimise }) => minimise === metric);
  return goal?.atRateCps === undefined
    ? METRIC_TITLES[metric]
    : METRIC_TITLES[metric].replace(/ \(/, ` at ${count(goal.atRateCps)} calls/s (`);
}

function arrivalsText(arrivals: NonNullable<LoadSpec['arrivals']>): string {
  return arrivals.kind === 'poisson'
    ? 'Poisson arrivals'
    : `bursts of ${arrivals.factor} times the rate for ${arrivals.forMs} ms every ${arrivals.everyMs} ms`;
}

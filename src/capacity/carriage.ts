// What became of the planned calls, and how long their set-up took.
import type { Carriage } from '../campaign/verdict.ts';
import type { LoadReport } from '../load/load.ts';
import { percentiles } from '../stats/percentiles.ts';

/** RFC 3261, 17.1.1.1: nothing is sent again before T1, and a set-up that takes as long had something sent again. */
export const SIP_T1_MS = 500;

/** Calls that completed on their first attempt, and when. Planned calls are the base: a skipped call is a lost one. */
export function carriageOf(load: LoadReport): Carriage {
  const delays = load.setupDelaysMs;
  // What the router or the callee had to send again the caller cannot count, but it sees the call complete after T1.
  const sentAgain = Math.max(load.retransmissions, countFrom(delays, SIP_T1_MS));
  const goodCalls = Math.max(0, load.successfulCalls - sentAgain);
  return {
    plannedCalls: load.plannedCalls,
    goodCalls,
    completedCalls: load.successfulCalls,
    loss: load.plannedCalls === 0 ? 1 : (load.plannedCalls - goodCalls) / load.plannedCalls,
    setupMs: delays.length === 0 ? null : setupOf(delays),
  };
}

function setupOf(delays: Float64Array): NonNullable<Carriage['setupMs']> {
  const [p50, p95, p99, max] = percentiles(delays, [0.5, 0.95, 0.99, 1]) as [number, number, number, number];
  return { p50, p95, p99, max };
}

/** How many of the delays are at least `fromMs`, and below `toMs`. */
export function countFrom(delays: Float64Array, fromMs: number, toMs = Number.POSITIVE_INFINITY): number {
  let count = 0;
  for (let n = 0; n < delays.length; n += 1) {
    const delay = delays[n] as number;
    if (delay >= fromMs && delay < toMs) count += 1;
  }
  return count;
}

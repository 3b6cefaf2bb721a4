// When each call of a steady plan arrives: evenly spaced, at random (Poisson), or with periodic bursts. The times are worked
// out before the first call, from a seed: the planned calls stay a known number, and a trial can be repeated.
import type { Arrivals } from '../scenario/scenario.ts';
import { createRandom } from '../stats/random.ts';
import type { CallCounts, SteadyPlan } from './load.ts';

/** Ascending, ms since the beginning of the warm-up; the first `uncounted` lie in it, all others in the window. */
export function arrivalTimesMs(
  plan: SteadyPlan,
  { uncounted, counted }: CallCounts,
  arrivals: Arrivals,
  seed: number,
): Float64Array {
  if (arrivals.kind === 'poisson') {
    const random = createRandom(seed);
    return Float64Array.from([
      ...inOrder(uncounted, random, 0, plan.warmupMs),
      ...inOrder(counted, random, plan.warmupMs, plan.windowMs),
    ]);
  }
  const spacingMs = 1_000 / plan.rateCps;
  return Float64Array.from(
    { length: uncounted + counted },
    (_, index) => plan.warmupMs + withBursts((index + 0.5) * spacingMs - plan.warmupMs, arrivals),
  );
}

/**
 * Given their number, the arrivals of a Poisson process are uniform over its time, and independent of each other
 * (S. M. Ross, Introduction to Probability Models, 5.3.5): so the plan's number of calls is kept, and its times are random.
 */
function inOrder(count: number, random: () => number, fromMs: number, forMs: number): Float64Array {
  return Float64Array.from({ length: count }, () => fromMs + random() * forMs).sort();
}

/**
 * When the call arrives that evenly spaced ones would bring at `evenMs`. Each period has its burst in the middle: a window of
 * whole periods then ends as it began, and a queue that a burst leaves is worked off inside of it.
 */
function withBursts(
  evenMs: number,
  { factor, everyMs, forMs }: Extract<Arrivals, { kind: 'bursts' }>,
): number {
  const period = Math.floor(evenMs / everyMs);
  const insideMs = evenMs - period * everyMs;
  /** What evenly spaced calls would take for those of the burst, and for those before it. */
  const burstEvenMs = factor * forMs;
  const restEvenMs = (everyMs - burstEvenMs) / 2;
  const restMs = (everyMs - forMs) / 2;
  const startMs = period * everyMs;
  if (insideMs < restEvenMs) return startMs + (insideMs / restEvenMs) * restMs;
  const intoBurstMs = insideMs - restEvenMs;
  if (intoBurstMs <= burstEvenMs) return startMs + restMs + intoBurstMs / factor;
  return startMs + restMs + forMs + ((intoBurstMs - burstEvenMs) / restEvenMs) * restMs;
}

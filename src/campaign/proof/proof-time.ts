// What a proof takes, so that the search leaves it enough.
import type { LoadSpec, Objective, Scenario } from '../../scenario/scenario.ts';
import { aimOf } from '../aims/aim-of.ts';
import { TRIALS_OF_MOST, trialMs } from '../measure.ts';

/** Putting a configuration in force that needs the router to be started again. */
export const RESTART_MS = 2_000;
/** Fewer prove nothing, however well they agree. */
export const MIN_PAIRS = 6;
/** Trials that measure today's, on average. */
const TRIALS_OF_A_GUARD = { burstCalls: 3, capacityCps: 5 } as const;

/** About how long the least proof takes, ms: that of one configuration against today's. */
export function proofMs(scenario: Scenario): number {
  return MIN_PAIRS * roundMs(scenario, 1) + guardsMs(scenario.objective, scenario.load);
}

/** A turn of today's and of each of its challengers. */
export function roundMs(scenario: Scenario, challengers: number): number {
  return (1 + challengers) * (aimOf(scenario).proof.blockMs + RESTART_MS);
}

/** Today's measured, and what is asked of the finalist. */
export function guardsMs({ guards }: Objective, load: LoadSpec): number {
  return guards.reduce(
    (sum, { metric }) => sum + (TRIALS_OF_A_GUARD[metric] + TRIALS_OF_MOST) * trialMs(metric, load),
    0,
  );
}

// How much a proof takes, and when there is enough of it.
import type { LoadSpec, Objective, Scenario } from '../../scenario/scenario.ts';
import { aimsOf } from '../aims/aim-of.ts';
import { TRIALS_OF_MOST, trialMs } from '../measure.ts';
import type { Pairs, ProofMethod } from './proof-method.ts';

/** Putting a configuration in force that needs the router to be started again. */
export const RESTART_MS = 2_000;
/** Of the intervals that are reported. */
export const CONFIDENCE = 0.95;
export const MAX_PAIRS = 24;
/**
 * The pairs end before their time when even this interval lies on one side of 1. Looking after every pair costs no honesty then:
 * the interval that is reported keeps its 95 %.
 * Source: J. L. Haybittle, British Journal of Radiology 44, 1971; R. Peto et al., British Journal of Cancer 34, 1976.
 */
const CONFIDENCE_TO_STOP = 0.999;
/** Fewer prove nothing, however well they agree. */
export const MIN_PAIRS = 6;
/** Trials that measure today's, on average. */
const TRIALS_OF_A_GUARD = { burstCalls: 3, capacityCps: 5 } as const;

/** About how long the least proof takes, ms: of one configuration against today's, or of the ends of a front. */
export function proofMs(scenario: Scenario): number {
  const aims = aimsOf(scenario);
  const roundsMs = aims.reduce((sum, { proof }) => sum + roundMs(proof, aims.length), 0);
  return MIN_PAIRS * roundsMs + guardsMs(scenario.objective, scenario.load);
}

/** A turn of today's and of each of its challengers. */
export function roundMs({ blockMs }: Pick<ProofMethod, 'blockMs'>, challengers: number): number {
  return (1 + challengers) * (blockMs + RESTART_MS);
}

/** One round more would not change what is said of these. */
export function isSettled({ ratio }: Pick<ProofMethod, 'ratio'>, pairs: Pairs): boolean {
  if (pairs.length < MIN_PAIRS) return false;
  const { low, high } = ratio(pairs, CONFIDENCE_TO_STOP);
  return low > 1 || high < 1;
}

/** Today's measured, and what is asked of the finalist. */
export function guardsMs({ guards }: Objective, load: LoadSpec): number {
  return guards.reduce(
    (sum, { metric }) => sum + (TRIALS_OF_A_GUARD[metric] + TRIALS_OF_MOST) * trialMs(metric, load),
    0,
  );
}

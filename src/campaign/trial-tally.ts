// Counts trials by verdict, for the result.
import type { Verdict } from './verdict.ts';

export type TrialTally = { total: number } & Record<Verdict['state'], number>;

export function createTally(): TrialTally {
  return { total: 0, carried: 0, overloaded: 0, invalid: 0, failed: 0 };
}

export function count(tally: TrialTally, verdict: Verdict): void {
  tally.total += 1;
  tally[verdict.state] += 1;
}

// What a campaign needs of the world: put a configuration in force, offer one load, and go back to where it was.
// The real one drives a target; the simulated one works on a virtual clock, and so does the model in the tests.
import type { ConstraintFacts } from '../knobs/constraints.ts';
import type { Configuration, Knob, KnobInPlay } from '../knobs/knob.ts';
import type { LoadPlan } from '../load/load.ts';
import type { NetperfReport } from '../load/netperf.ts';
import type { Result } from '../store/result.ts';
import type { TrialRecord } from './events.ts';
import type { TrialTally } from './trial-tally.ts';

export type ApplyOutcome =
  | { readonly state: 'applied'; readonly restarted: boolean }
  | { readonly state: 'failed'; readonly reason: string; readonly log: readonly string[] };

export interface RestoreOutcome {
  readonly complete: boolean;
  readonly failures: readonly string[];
}

/** What is known of the target before the first write. */
export interface Prepared {
  /** What the system has today, for each knob that siptune may write in this campaign. */
  readonly current: Configuration;
  /** Knobs that can act here; the others are in `inert`. */
  readonly inPlay: readonly KnobInPlay[];
  readonly inert: readonly { readonly knob: string; readonly reason: string }[];
  readonly constraintFacts: ConstraintFacts;
  /** Knobs of a simulated router that are in no catalogue; a real target has none. */
  readonly simulatedKnobs?: readonly Knob[];
  /** Contenders, with values that depend on the machine worked out. */
  readonly contenders: readonly { readonly name: string; readonly configuration: Configuration }[];
  readonly target: Result['target'];
  /** What tells this machine and this router from others like it; a campaign is resumed on no other. */
  readonly identity?: Readonly<Record<string, string>>;
}

export interface TestBed {
  /** Reads and records every original, durably, before anything is written; then changes knobs once to see whether they act. */
  prepare(): Promise<Prepared>;
  /** Puts a configuration in force and verifies it; settings that it does not name go back to `current`. */
  apply(configuration: Configuration, reason: string): Promise<ApplyOutcome>;
  /** One trial of the configuration in force, judged, recorded and emitted. */
  offer(label: string, plan: LoadPlan): Promise<TrialRecord>;
  /** Clears what an overload left behind (open transactions, retransmissions), so that the next trial starts clean. */
  recover(): Promise<ApplyOutcome>;
  netperf(): Promise<NetperfReport>;
  /** Busy share of the router's CPUs in a trial, 0 to 1; null when it was not metered. */
  routerBusyShare(trial: TrialRecord): number | null;
  /** Writes every original back and verifies it. Safe to call at any time, more than once. */
  restore(): Promise<RestoreOutcome>;
  /** Totals for the result; a resumed campaign adds those of its first part. */
  readonly cost: { restarts: number; loadMs: number; readonly trials: TrialTally };
}

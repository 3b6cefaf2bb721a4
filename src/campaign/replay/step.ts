// One answer of the test bed, as the journal keeps it. A campaign is a function of its scenario, its seed, these answers and
// what it read from its clock: with them it can be run again, up to where it was interrupted.
import type { ConstraintFacts } from '../../knobs/constraints.ts';
import type { Configuration } from '../../knobs/knob.ts';
import type { LoadPlan } from '../../load/load.ts';
import type { NetperfReport } from '../../load/netperf.ts';
import type { ApplyOutcome, Prepared } from '../test-bed.ts';

/** What must be the same again when a campaign goes on. */
export interface PreparedRecord {
  readonly target: Prepared['target'];
  readonly identity: Readonly<Record<string, string>>;
  readonly current: Configuration;
  readonly inPlay: readonly { readonly knob: string; readonly min: number; readonly max: number }[];
  readonly contenders: Prepared['contenders'];
  readonly constraintFacts: ConstraintFacts;
}

export type Answer =
  | { readonly call: 'prepare'; readonly prepared: PreparedRecord }
  | {
      readonly call: 'apply';
      readonly configuration: Configuration;
      readonly reason: string;
      readonly outcome: ApplyOutcome;
    }
  /** The trial itself is the event before. */
  | { readonly call: 'offer'; readonly n: number; readonly label: string; readonly plan: LoadPlan }
  | { readonly call: 'recover'; readonly outcome: ApplyOutcome }
  | { readonly call: 'netperf'; readonly report: NetperfReport };

export type Step = Answer & {
  /** What the campaign read from its clock since the step before, ms since it began. */
  readonly reads: readonly number[];
  /** When the answer was there, on the same axis. */
  readonly endMs: number;
};

export function recordOf(prepared: Prepared): PreparedRecord {
  return {
    target: prepared.target,
    identity: prepared.identity ?? {},
    current: prepared.current,
    inPlay: prepared.inPlay.map(({ knob, min, max }) => ({ knob: knob.name, min, max })),
    contenders: prepared.contenders,
    constraintFacts: prepared.constraintFacts,
  };
}

// A plan: what a campaign over a scenario would do on this target, worked out by reading alone.
import type { KnobValue, Unit } from '../knobs/knob.ts';
import type { Result } from '../store/result.ts';

export const PLAN_SCHEMA = 1;

export interface PlannedKnob {
  readonly knob: string;
  readonly unit: Unit;
  readonly today: KnobValue | null;
  /** What the scenario, or else the catalogue, lets the search try. */
  readonly min: number;
  readonly max: number;
  /** Names instead of a range, or null. */
  readonly choices: readonly string[] | null;
  /** What of that range consistent configurations reach. */
  readonly reaches: { readonly min: number; readonly max: number };
  readonly changeCost: 'live' | 'qdisc' | 'restart';
}

/** One setting that would be changed. */
export interface PlannedWrite {
  readonly knob: string;
  readonly from: KnobValue | null;
  readonly to: KnobValue;
  /** The file, or how else. */
  readonly where: string;
}

/** One configuration on its way into force, seen from the one before it. */
export interface PlannedStep {
  readonly label: string;
  /** Where a proposal comes from; empty for the others. */
  readonly from: string;
  readonly writes: readonly PlannedWrite[];
  readonly restart: boolean;
  /** Files that the router's start needs, and its command; empty without a restart. */
  readonly files: readonly { readonly path: string; readonly what: string }[];
  readonly command: readonly string[];
  /** Ceilings that are lifted while a generator makes its sockets, and put back then. */
  readonly lifted: readonly PlannedWrite[];
  /** Why it would not be put in force, or null. */
  readonly refusal: string | null;
  /** Inconsistencies that a contender is measured with all the same. */
  readonly remarks: readonly string[];
}

export interface PlannedPhase {
  readonly phase: 'baseline' | 'contenders' | 'search' | 'minimise' | 'confirm' | 'restore';
  readonly minutes: number;
  /** About how many trials fit. */
  readonly trials: number;
}

export interface Plan {
  readonly schema: typeof PLAN_SCHEMA;
  readonly scenario: string;
  readonly seed: number;
  readonly budgetMinutes: number;
  readonly objective: string;
  readonly target: Result['target'];
  /** False: the lab would be brought up first, and what stands here of its inside is its layout. */
  readonly targetStands: boolean;
  readonly setUp: readonly string[];
  readonly inPlay: readonly PlannedKnob[];
  readonly inert: readonly { readonly knob: string; readonly reason: string }[];
  /** What consistency does to proposals, as shares of the space. */
  readonly constraints: {
    readonly repaired: readonly { readonly what: string; readonly share: number }[];
    readonly rejected: readonly { readonly what: string; readonly share: number }[];
  };
  readonly steps: readonly PlannedStep[];
  /** The commands of one trial of each kind. */
  readonly loads: readonly { readonly what: string; readonly command: readonly string[] }[];
  readonly phases: readonly PlannedPhase[];
  readonly restarts: number;
  readonly wayBack: readonly { readonly what: string; readonly value: string; readonly how: string }[];
}

// A sampler proposes the next configuration (ask) and learns from its score (tell).
import type { Limiter } from '../campaign/verdict.ts';
import type { Configuration } from '../knobs/knob.ts';

export interface Proposal {
  readonly configuration: Configuration;
  /** Where it came from, for people: "space-filling", "step around the best: rmem_default x2". */
  readonly from: string;
}

export interface Observation {
  readonly configuration: Configuration;
  /** Bigger is better; a failed configuration has -Infinity. */
  readonly score: number;
  /** What gave way in its overloaded trials, the latest first; absent: nothing is known of that. */
  readonly limiters?: readonly Limiter[];
}

export interface Sampler {
  readonly name: string;
  /** null when there is nothing left that has not been tried. May be called several times before anything is told. */
  ask(): Proposal | null;
  tell(observation: Observation): void;
}

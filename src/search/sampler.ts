// A sampler proposes the next configuration (ask) and learns from its score (tell).
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
}

export interface Sampler {
  readonly name: string;
  /** null when there is nothing left that has not been tried. */
  ask(): Proposal | null;
  tell(observation: Observation): void;
}

// What a contender's file comes to, of whichever kind it is: a named configuration, or all that is wrong with it.
import type { Knob } from '../../knobs/knob.ts';
import type { ScenarioProblem } from '../problems.ts';
import type { ContenderSpec } from '../scenario.ts';

export type Profile =
  | {
      readonly state: 'valid';
      readonly contender: ContenderSpec;
      /** What stands in the file and was left out, with its place. */
      readonly warnings: readonly ScenarioProblem[];
    }
  | { readonly state: 'invalid'; readonly problems: readonly ScenarioProblem[] };

/** A file's text on its way to a profile. */
export interface ProfileText {
  readonly file: string;
  readonly text: string;
  readonly catalogue: readonly Knob[];
  /** Folders in which TuneD looks for the profiles that one includes, first the one that wins. */
  readonly tunedFolders: readonly string[];
}

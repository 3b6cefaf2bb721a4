// The original value of one setting, in a form that a journal keeps: all that a restore needs.

/** Where an original value is written back, or a changed value is written. */
export type WriteTarget =
  | {
      readonly via: 'sysctl';
      readonly key: string;
      readonly netns: string | undefined;
      /** The generators' machine, where that is another than the target; undefined: the target. */
      readonly machine?: 'generators';
    }
  | { readonly via: 'txqueuelen'; readonly device: string; readonly netns: string | undefined }
  | { readonly via: 'router'; readonly setting: string }
  /** A service's own file with its settings; the command makes the service read it again. */
  | { readonly via: 'service'; readonly defaultsFile: string; readonly restartCommand: readonly string[] };

/** An original value: the way back of one knob. `raw` is exactly what was read. */
export interface Original {
  readonly knob: string;
  readonly target: WriteTarget;
  readonly raw: string;
}

/** Of the generators' machine, where that is another than the target. */
export function isOfGenerators({ target }: Pick<Original, 'target'>): boolean {
  return target.via === 'sysctl' && target.machine === 'generators';
}

/** Which setting of which place this is, as a key: two originals with the same one are of the same setting. */
export function placeOf({ knob, target }: Pick<Original, 'knob' | 'target'>): string {
  return JSON.stringify([knob, target]);
}

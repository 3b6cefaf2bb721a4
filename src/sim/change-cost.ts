// What a change of the configuration costs on a simulated router: nothing, or a restart of so many seconds of virtual time.
import type { Configuration } from '../knobs/knob.ts';
import { sameValue } from '../knobs/knob-value.ts';
import type { Landscape } from './landscape.ts';

/** Stop, start, the first OPTIONS that is answered, and settling: as in results/calibration.json. */
export const RESTART_MS = 1_900;
const LIVE_CHANGE_MS = 20;

export interface Change {
  readonly restarted: boolean;
  readonly ms: number;
}

/** Both with a value for every knob. */
export function changeBetween({ knobs }: Landscape, before: Configuration, after: Configuration): Change {
  const changed = knobs.filter(({ knob: { name } }) => !sameValue(before[name], after[name]));
  const restarted = changed.some(({ knob }) => knob.changeCost === 'restart');
  return { restarted, ms: restarted ? RESTART_MS : changed.length * LIVE_CHANGE_MS };
}

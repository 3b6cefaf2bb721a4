// What a change of the configuration costs, as far as a sampler has to know.

import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import { sameValue } from '../knobs/knob-value.ts';

/** Whether the router must be restarted to get from one configuration to the other. */
export function restarts(knobs: readonly KnobInPlay[], from: Configuration, to: Configuration): boolean {
  return knobs.some(
    ({ knob }) => knob.changeCost === 'restart' && !sameValue(from[knob.name], to[knob.name]),
  );
}

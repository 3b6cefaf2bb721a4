// A space with few values can be searched to its end: only then is "nothing left to try" a fact.
import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import { fromUnit, neighbour, valueAt } from './space.ts';

/** Every configuration of the knobs, or null when there are more than `most`. */
export function everyConfiguration(knobs: readonly KnobInPlay[], most: number): Configuration[] | null {
  let configurations: Configuration[] = [{}];
  for (const knob of knobs) {
    const values = everyValue(knob, most);
    if (values === null || configurations.length * values.length > most) return null;
    configurations = configurations.flatMap((rest) =>
      values.map((value) => ({ ...rest, [knob.knob.name]: valueAt(knob, value) })),
    );
  }
  return configurations;
}

function everyValue(knob: KnobInPlay, most: number): number[] | null {
  const values = [fromUnit(knob, 0)];
  for (;;) {
    const last = values[values.length - 1] as number;
    const next = neighbour(knob, last, 1);
    if (next === last) return values;
    if (values.length === most) return null;
    values.push(next);
  }
}

// The search space: each knob in play as one axis from 0 to 1, logarithmic where the knob is.
import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import { asNumber } from '../knobs/knob-value.ts';

/** One coordinate per knob, each in [0, 1]. */
export type Point = readonly number[];

const PAGE_BYTES = 4_096;

/** The configuration at a point; bytes are whole pages, everything is an integer inside the knob's range. */
export function configurationAt(point: Point, knobs: readonly KnobInPlay[]): Configuration {
  return Object.fromEntries(
    knobs.map((inPlay, axis) => [inPlay.knob.name, valueAt(point[axis] ?? 0, inPlay)]),
  );
}

/** Where a configuration lies; values outside the ranges are taken to their edge. */
export function pointOf(configuration: Configuration, knobs: readonly KnobInPlay[]): Point {
  return knobs.map(({ knob, min, max }) => {
    const value = Math.min(max, Math.max(min, asNumber(configuration[knob.name]) ?? min));
    if (max === min) return 0;
    return knob.search.scale === 'log'
      ? Math.log(value / min) / Math.log(max / min)
      : (value - min) / (max - min);
  });
}

/** Equal for configurations that set the same values: a repeated proposal is a wasted trial. */
export function configurationKey(configuration: Configuration): string {
  return JSON.stringify(Object.entries(configuration).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function valueAt(coordinate: number, { knob, min, max }: KnobInPlay): number {
  const x = Math.min(1, Math.max(0, coordinate));
  const exact = knob.search.scale === 'log' ? min * (max / min) ** x : min + (max - min) * x;
  const step = knob.unit === 'bytes' && max - min > PAGE_BYTES ? PAGE_BYTES : 1;
  return Math.min(max, Math.max(min, Math.round(exact / step) * step));
}

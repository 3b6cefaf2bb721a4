// Between knobs and the unit cube: one coordinate from 0 to 1 for each knob in play, evenly spaced on the knob's scale.
// Values are rounded to steps that an operator would choose and that a noisy measurement could tell apart at best.
import type { Configuration, KnobInPlay, KnobValue, Unit } from '../knobs/knob.ts';
import { asNumber } from '../knobs/knob-value.ts';

/** Coordinates in the order of the knobs. */
export type Point = readonly number[];

const PAGE_BYTES = 4096;
/** Units of things that are counted one by one, in tens. */
const COUNTS: readonly Unit[] = ['packets', 'connections', 'processes'];
/** On a log scale, a doubling of a binary quantity has this many steps. */
const STEPS_PER_DOUBLING = 8;
/** A linear range has at least this many steps where its values allow it. */
const MIN_LINEAR_STEPS = 20;

/** The coordinate of a value; what lies outside the range, or is no number, counts as the nearest end or the middle. */
export function toUnit(knob: KnobInPlay, value: KnobValue | undefined): number {
  const number = placeOf(knob, value);
  if (number === undefined) return 0.5;
  if (knob.max <= knob.min) return 0;
  const within = clamp(number, knob.min, knob.max);
  return isLog(knob)
    ? Math.log(within / knob.min) / Math.log(knob.max / knob.min)
    : (within - knob.min) / (knob.max - knob.min);
}

/** The rounded value at a coordinate, always inside the range. */
export function fromUnit(knob: KnobInPlay, coordinate: number): number {
  const u = clamp(coordinate, 0, 1);
  const value = isLog(knob) ? knob.min * (knob.max / knob.min) ** u : knob.min + (knob.max - knob.min) * u;
  return roundValue(knob, value);
}

/** The next value up or down that differs after rounding, or the same one at the end of the range. */
export function neighbour(knob: KnobInPlay, value: number, direction: 1 | -1): number {
  const step = direction === 1 ? stepAt(knob, value) : stepAt(knob, Math.max(knob.min, value - 1));
  return roundValue(knob, value + direction * step);
}

export function pointOf(knobs: readonly KnobInPlay[], configuration: Configuration): number[] {
  return knobs.map((knob) => toUnit(knob, configuration[knob.knob.name]));
}

export function configurationAt(knobs: readonly KnobInPlay[], point: Point): Configuration {
  const configuration: Record<string, KnobValue> = {};
  for (const [i, knob] of knobs.entries())
    configuration[knob.knob.name] = valueAt(knob, fromUnit(knob, point[i] ?? 0.5));
  return configuration;
}

/** What a rounded number stands for: itself, or the name at that place. */
export function valueAt({ choices }: KnobInPlay, place: number): KnobValue {
  return choices?.[place] ?? place;
}

function placeOf({ choices }: KnobInPlay, value: KnobValue | undefined): number | undefined {
  if (!choices) return asNumber(value);
  const place = choices.indexOf(String(value));
  return place === -1 ? undefined : place;
}

/** Whether every knob in play has a value inside its range. */
export function isInside(knobs: readonly KnobInPlay[], configuration: Configuration): boolean {
  return knobs.every((inPlay) => {
    const place = placeOf(inPlay, configuration[inPlay.knob.name]);
    return place !== undefined && place >= inPlay.min && place <= inPlay.max;
  });
}

/** The same for two configurations exactly when they set the same knobs to the same values, in whatever order. */
export function configurationKey(configuration: Configuration): string {
  const names = Object.keys(configuration).sort();
  return JSON.stringify(names.map((name) => [name, String(configuration[name])]));
}

function roundValue(knob: KnobInPlay, value: number): number {
  const step = stepAt(knob, value);
  return clamp(Math.round(value / step) * step, Math.ceil(knob.min), Math.floor(knob.max));
}

/** Bytes in whole pages; binary quantities in eighths of a doubling, counts in two decimal digits. */
function stepAt({ knob, min, max, choices }: KnobInPlay, value: number): number {
  if (choices) return 1;
  const binary = !COUNTS.includes(knob.unit);
  const least = knob.unit === 'bytes' || knob.unit === 'bytes (segment)' ? PAGE_BYTES : 1;
  const wanted =
    knob.search.scale === 'log'
      ? powerBelow(binary ? 2 : 10, value) / (binary ? STEPS_PER_DOUBLING : 10)
      : powerBelow(binary ? 2 : 10, (max - min) / MIN_LINEAR_STEPS);
  return Math.max(least, wanted);
}

/** The largest power of `base` that is at most `value`. */
function powerBelow(base: 2 | 10, value: number): number {
  if (!(value >= 1)) return 1;
  return base ** Math.floor((base === 2 ? Math.log2(value) : Math.log10(value)) + 1e-12);
}

function isLog({ knob, min, max }: KnobInPlay): boolean {
  return knob.search.scale === 'log' && min > 0 && max > min;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

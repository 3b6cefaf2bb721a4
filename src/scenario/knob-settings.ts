// A knob's value as people write it, in the knob's own unit and within its hard bounds; and back into words.
import { UserError } from '../errors.ts';
import type { Knob, KnobValue, Unit } from '../knobs/knob.ts';
import { parseBytes } from './units.ts';
import { didYouMean, show } from './wording.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** A share of the machine's memory, e.g. "ram/4"; resolved against the target when a campaign begins. */
const SHARE_OF_RAM = /^ram\/[1-9]\d?$/i;
const LONGEST_COUNT_DIGITS = 15;

/** One of the names of a knob with choices. */
export function parseKnobChoice({ name, choices = [] }: Knob, value: unknown): string {
  if (typeof value === 'string' && choices.includes(value)) return value;
  const guess = typeof value === 'string' ? didYouMean(value, choices) : '';
  throw new UserError(`${show(value)} is not one of ${choices.join(', ')}, the values of ${name}${guess}`);
}

/** The whole number that is written for `knob`; a UserError says what was seen and what is allowed. */
export function parseKnobSetting(knob: Knob, value: unknown): number {
  const amount = parseInUnit(knob, value);
  const { min, max } = knob.bounds;
  if (amount < min || amount > max)
    throw new UserError(
      `${show(value)} is outside the hard bounds of ${knob.name}: ${inBytes(knob.unit) ? showSetting(knob.unit, min) : min} to ${showSetting(knob.unit, max)}`,
    );
  return amount;
}

/** What a profile may say: a value, or for sizes of memory a share of it. */
export function parseProfileSetting(knob: Knob, value: unknown): KnobValue {
  if (knob.unit === 'bytes' && typeof value === 'string' && SHARE_OF_RAM.test(value.trim()))
    return value.trim().toLowerCase();
  return knob.choices ? parseKnobChoice(knob, value) : parseKnobSetting(knob, value);
}

/** The knob of that name, or a UserError that names the nearest and all others. */
export function requireKnob(name: unknown, catalogue: readonly Knob[]): Knob {
  const names = searchableNames(catalogue);
  const knob = catalogue.find((one) => one.name === name);
  const leader = catalogue.find(({ derives }) => derives !== undefined && derives === name);
  if (leader)
    throw new UserError(
      `${leader.derives} is not set by itself: it follows ${leader.name}, so name that instead`,
    );
  if (knob) return knob;
  if (typeof name !== 'string')
    throw new UserError(`${show(name)} is not the name of a knob (the catalogue has: ${names.join(', ')})`);
  throw new UserError(
    `${show(name)} is not a knob in the catalogue${didYouMean(name, names)} (the catalogue has: ${names.join(', ')})`,
  );
}

/** 8388608 bytes → "8 MiB". */
export function showSetting(unit: Unit, amount: number): string {
  if (inBytes(unit)) {
    if (amount >= MIB && amount % MIB === 0) return `${amount / MIB} MiB`;
    if (amount >= KIB && amount % KIB === 0) return `${amount / KIB} KiB`;
    return `${amount} bytes`;
  }
  return `${amount} ${unit}`;
}

/** Those that may be named: a derived knob follows its leader. */
export function searchableNames(catalogue: readonly Knob[]): readonly string[] {
  const derived = new Set(catalogue.map(({ derives }) => derives));
  return catalogue.map(({ name }) => name).filter((name) => !derived.has(name));
}

function inBytes(unit: Unit): boolean {
  return unit === 'bytes' || unit === 'bytes (segment)';
}

function parseInUnit(knob: Knob, value: unknown): number {
  switch (knob.unit) {
    case 'bytes':
    case 'bytes (segment)':
      return parseBytes(value);
    case 'MiB':
      return isPlainNumber(value) ? parseCount(knob, value) : parseMib(value);
    default:
      return parseCount(knob, value);
  }
}

function parseMib(value: unknown): number {
  const mib = parseBytes(value) / MIB;
  if (!Number.isInteger(mib))
    throw new UserError(`${show(value)} is not a whole number of MiB, the unit that the router takes`);
  return mib;
}

function parseCount(knob: Knob, value: unknown): number {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && isPlainNumber(text) && text.trim().length <= LONGEST_COUNT_DIGITS)
    return Number(text);
  const example = showSetting(knob.unit, knob.search.max);
  throw new UserError(
    knob.unit === 'MiB'
      ? `${show(value)} is not a whole number of MiB, e.g. ${example}`
      : `${show(value)} is not a number of ${knob.unit}: ${knob.name} takes a plain whole number, e.g. ${knob.search.max}`,
  );
}

function isPlainNumber(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value.trim()));
}

// Quantities as people write them ("8 MiB", "1m30s", "0.1%", "20 Mbit/s"), as numbers in one fixed unit each.
// A quantity without its unit is refused wherever a reader could take it for something else.
import { UserError } from '../errors.ts';
import { show } from './wording.ts';

// Maps, for every object knows "constructor" and "toString" as well.
const BYTES_PER = new Map(Object.entries({ b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 }));
const MS_PER = new Map(Object.entries({ ms: 1, s: 1000, m: 60_000, h: 3_600_000 }));
const BITS_PER_S_PER = new Map(Object.entries({ 'bit/s': 1, 'kbit/s': 1e3, 'mbit/s': 1e6, 'gbit/s': 1e9 }));
const CALL_RATE_UNITS = ['', '/s', 'cps', 'calls/s'];

const QUANTITY = /^(\d{1,20}(?:\.\d{1,9})?)\s*([a-z%/]*)$/i;
const DURATION_PART = /(\d{1,12}(?:\.\d{1,9})?)\s*([a-z]+)\s*/giy;

/** 8388608, "208KiB", "8 MiB" → whole bytes. */
export function parseBytes(value: unknown): number {
  const { amount, unit } = quantity(value, 'a size', 'B, KiB, MiB, GiB, e.g. 8 MiB');
  const factor = unit === '' ? 1 : BYTES_PER.get(unit.toLowerCase());
  if (factor === undefined) {
    const decimal = /^[kmg]b?$/i.test(unit) ? `; write ${unit[0]?.toUpperCase()}iB` : '';
    throw new UserError(
      `${show(value)} has the unit ${show(unit)}; sizes are in B, KiB, MiB or GiB${decimal}`,
    );
  }
  const bytes = amount * factor;
  if (!Number.isSafeInteger(bytes))
    throw new UserError(`${show(value)} is not a whole number of bytes within 2^53`);
  return bytes;
}

/** "500ms", "90s", "1m30s" → milliseconds. Only zero may stand without a unit. */
export function parseDurationMs(value: unknown): number {
  const text = typeof value === 'number' ? String(value) : value;
  const allowed = 'use ms, s, m or h, e.g. 500ms, 90s, 1m30s';
  if (typeof text !== 'string') throw new UserError(`${show(value)} is not a duration: ${allowed}`);
  const trimmed = text.trim();
  if (/^0+$/.test(trimmed)) return 0;
  if (/^\d+(\.\d+)?$/.test(trimmed)) throw new UserError(`${show(value)} has no unit of time: ${allowed}`);
  let ms = 0;
  let largest = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const [whole, amount, unit = ''] of trimmed.matchAll(DURATION_PART)) {
    const factor = MS_PER.get(unit);
    if (factor === undefined)
      throw new UserError(`${show(value)} has the unit ${show(unit)}, which is not one of time: ${allowed}`);
    // "30s1m" and "1m2m" are slips of the pen, not sums.
    if (factor >= largest)
      throw new UserError(`${show(value)} is not a duration, largest unit first: ${allowed}`);
    largest = factor;
    ms += Number(amount) * factor;
    end += whole.length;
  }
  if (end === 0 || end !== trimmed.length)
    throw new UserError(`${show(value)} is not a duration: ${allowed}`);
  return ms;
}

/** "0.1%" → 0.001. A bare number is refused: 0.1 could be a tenth or a tenth of a percent. */
export function parsePercent(value: unknown): number {
  if (typeof value === 'number')
    throw new UserError(
      `${show(value)} has no unit: write ${value}% for ${value} percent, or ${Number((value * 100).toPrecision(12))}% for a share of ${value}`,
    );
  const { amount, unit } = quantity(value, 'a percentage', '%, e.g. 0.1%');
  if (unit !== '%')
    throw new UserError(`${show(value)} is not a percentage: write it with its sign, e.g. 0.1%`);
  return amount / 100;
}

/** "20 Mbit/s" → bits per second. */
export function parseBitRate(value: unknown): number {
  const allowed = 'bit/s, kbit/s, Mbit/s, Gbit/s, e.g. 20 Mbit/s';
  const { amount, unit } = quantity(value, 'a bit rate', allowed);
  const factor = BITS_PER_S_PER.get(unit.toLowerCase());
  if (factor === undefined)
    throw new UserError(
      `${show(value)} has ${unit === '' ? 'no unit' : `the unit ${show(unit)}`}; bit rates are in ${allowed}`,
    );
  return Math.round(amount * factor);
}

/** 2, "2 /s", "2 cps" → calls per second. */
export function parseCallRate(value: unknown): number {
  const { amount, unit } = quantity(value, 'a call rate', 'calls per second, e.g. 2 /s');
  if (!CALL_RATE_UNITS.includes(unit.toLowerCase()))
    throw new UserError(
      `${show(value)} has the unit ${show(unit)}; call rates are in calls per second, e.g. 2 /s`,
    );
  return amount;
}

/** As `parse` says, and within these bounds, which are shown as a person would write them. */
export function within(
  parse: (value: unknown) => number,
  least: string | number,
  most: string | number,
): (value: unknown) => number {
  return (value) => {
    const amount = parse(value);
    if (amount < parse(least)) throw new UserError(`${show(value)} is too little: at least ${least}`);
    if (amount > parse(most)) throw new UserError(`${show(value)} is too much: at most ${most}`);
    return amount;
  };
}

/** Less than three minutes hold no baseline, search and proof. */
const LEAST_BUDGET = '3m';
export const LEAST_BUDGET_MS = parseDurationMs(LEAST_BUDGET);
export const parseBudgetMs = within(parseDurationMs, LEAST_BUDGET, '168h');

function quantity(
  value: unknown,
  what: string,
  allowed: string,
): { readonly amount: number; readonly unit: string } {
  const text = typeof value === 'number' ? plainDigits(value) : value;
  const match = typeof text === 'string' ? QUANTITY.exec(text.trim()) : null;
  if (match === null) throw new UserError(`${show(value)} is not ${what} (${allowed})`);
  return { amount: Number(match[1]), unit: match[2] ?? '' };
}

/** Without an exponent, which String() would use for very large and very small numbers. */
function plainDigits(value: number): string {
  return Number.isInteger(value) && value >= 0 && value < 1e20 ? BigInt(value).toString() : String(value);
}

// Between the kernel's text and a knob's value. Exactness matters: a restore writes back what was read, to the digit.
import type { Configuration, KnobValue } from './knob.ts';

/** The value in `raw`: a number where a double holds it exactly, otherwise the text with its blanks normalised. */
export function parseKnobValue(raw: string): KnobValue {
  const text = raw.trim().replace(/\s+/g, ' ');
  if (/^-?\d+$/.test(text)) {
    const value = Number(text);
    if (Number.isSafeInteger(value)) return value;
  }
  return text;
}

export function sameValue(a: KnobValue | undefined, b: KnobValue | undefined): boolean {
  return String(a) === String(b);
}

export function sameConfiguration(a: Configuration, b: Configuration): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => sameValue(a[name], b[name]));
}

/** The value as a number, or undefined where it is text. Large integers lose digits: for comparing, not for writing. */
export function asNumber(value: KnobValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (value !== undefined && /^\d+$/.test(value)) return Number(value);
  return undefined;
}

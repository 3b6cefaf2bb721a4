// Pieces that both schemas (scenario and profile) are built from: strict mappings, quantities, and errors in words.
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Knob } from '../knobs/knob.ts';
import type { Finding } from './problems.ts';
import { didYouMean, show } from './wording.ts';

/** A mapping with these keys and no others; `missing` is said where there is none. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape, missing = 'is missing') {
  // The list of allowed keys travels in the issue's message: see findingsOf.
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? Object.keys(shape).join(', ')
        : describeIssue(issue.input, missing),
  });
}

/** A schema is compiled at its first use, which takes longer than all that it checks: one for each catalogue. */
export function perCatalogue<S>(make: (catalogue: readonly Knob[]) => S): (catalogue: readonly Knob[]) => S {
  const made = new WeakMap<readonly Knob[], S>();
  return (catalogue) => {
    const schema = made.get(catalogue) ?? make(catalogue);
    made.set(catalogue, schema);
    return schema;
  };
}

/** What `parse` makes of the value; its UserError becomes the problem. */
export function parsed<T>(parse: (value: unknown) => T) {
  return z.unknown().transform((value, context): T => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      context.addIssue({ code: 'custom', message: aboutNothing(value, error.message) });
      return z.NEVER;
    }
  });
}

/** Text that matches; anything else is `what`, which says what is wanted. */
export function text(pattern: RegExp, what: string) {
  return parsed((value) => {
    if (typeof value === 'string' && pattern.test(value)) return value;
    const quote =
      typeof value === 'number' || typeof value === 'boolean' ? ' (quote it to make it text)' : '';
    throw new UserError(`${show(value)} is not ${what}${quote}`);
  });
}

export function wholeNumber(least: number, most: number) {
  return parsed((value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
      return value;
    throw new UserError(`${show(value)} is not a whole number from ${least} to ${most}`);
  });
}

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[]) {
  return parsed((value) => wordOf(value, words));
}

/** One of a few words, or a list of different ones. */
export function someOf<const Word extends string>(words: readonly Word[]) {
  return parsed((value): readonly Word[] => {
    if (!Array.isArray(value)) return [wordOf(value, words)];
    const some = value.map((one) => wordOf(one, words));
    if (some.length === 0) throw new UserError(`is an empty list: name some of ${words.join(', ')}`);
    const twice = some.find((one, n) => some.indexOf(one) !== n);
    if (twice !== undefined) throw new UserError(`names ${show(twice)} twice`);
    return some;
  });
}

function wordOf<Word extends string>(value: unknown, words: readonly Word[]): Word {
  const word = words.find((one) => one === value);
  if (word !== undefined) return word;
  const guess = typeof value === 'string' ? didYouMean(value, words) : '';
  throw new UserError(`${show(value)} is not one of ${words.join(', ')}${guess}`);
}

/** zod's issues as findings: one for each unknown key, with what it was probably meant to be. */
export function findingsOf(error: z.ZodError): readonly Finding[] {
  return error.issues.flatMap((issue): readonly Finding[] => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code === 'unrecognized_keys') {
      const allowed = issue.message;
      return issue.keys.map((key) => ({
        path: [...path, key],
        at: 'key',
        message: `${showPath(path)}unknown key ${show(key)}${didYouMean(key, allowed.split(', '))} (allowed here: ${allowed})`,
      }));
    }
    const at = issue.code === 'custom' && issue.params?.at === 'key' ? 'key' : 'value';
    return [{ path, at, message: `${showPath(at === 'key' ? path.slice(0, -1) : path)}${issue.message}` }];
  });
}

/** "load.window: ", "contenders[1]: ", or nothing at the top. */
export function showPath(path: readonly (string | number)[]): string {
  if (path.length === 0) return '';
  const [first, ...rest] = path;
  const steps = rest.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`));
  return `${first}${steps.join('')}: `;
}

/** "nothing is not a name" is true, but "is missing: a name" is what a reader needs. */
function aboutNothing(value: unknown, message: string): string {
  if (value !== undefined && value !== null) return message;
  const wanted = message.replace(/^nothing is not /, '');
  return wanted === message ? message : `${value === null ? 'is empty' : 'is missing'}: ${wanted}`;
}

function describeIssue(input: unknown, missing: string): string {
  return input === undefined || input === null
    ? missing
    : `must be a mapping (lines of key: value), not ${show(input)}`;
}

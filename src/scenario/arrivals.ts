// How calls arrive in a scenario: `even`, `poisson`, or `{ bursts: { factor: 5, every: 1s, for: 100ms } }`.
import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { Arrivals } from './scenario.ts';
import { mapping, parsed } from './schema-parts.ts';
import { parseDurationMs, within } from './units.ts';
import { didYouMean, show } from './wording.ts';

const LARGEST_FACTOR = 100;
const WORDS = ['even', 'poisson'] as const;
const FORMS = 'even, poisson or { bursts: { factor: 5, every: 1s, for: 100ms } }';

const factor = parsed((value) => {
  if (typeof value === 'number' && value > 1 && value <= LARGEST_FACTOR) return value;
  throw new UserError(
    `${show(value)} is not a number above 1 and up to ${LARGEST_FACTOR}: a burst comes at so many times the mean rate`,
  );
});

const withBursts = mapping({
  bursts: mapping({
    factor,
    // A call waits for its time in whole milliseconds.
    every: parsed(within(parseDurationMs, '100ms', '1m')),
    for: parsed(within(parseDurationMs, '10ms', '30s')),
  }).transform((bursts, context) => {
    if (bursts.factor * bursts.for <= bursts.every) return bursts;
    context.addIssue({
      code: 'custom',
      path: ['factor'],
      message: `${bursts.factor} times the mean rate for ${bursts.for} ms is more than all calls of ${bursts.every} ms: factor × for may be as long as every, at most`,
    });
    return z.NEVER;
  }),
}).transform(
  ({ bursts }): Arrivals => ({
    kind: 'bursts',
    factor: bursts.factor,
    everyMs: bursts.every,
    forMs: bursts.for,
  }),
);

/** undefined: evenly spaced. */
export const arrivals = z.unknown().transform((value, context): Arrivals | undefined => {
  if (value === undefined || value === 'even') return undefined;
  if (value === 'poisson') return { kind: 'poisson' };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const guess = typeof value === 'string' ? didYouMean(value, WORDS) : '';
    context.addIssue({ code: 'custom', message: `${show(value)} is not a way to arrive: ${FORMS}${guess}` });
    return z.NEVER;
  }
  const result = withBursts.safeParse(value);
  if (result.success) return result.data;
  context.issues.push(...(result.error.issues as z.core.$ZodRawIssue[]));
  return z.NEVER;
});

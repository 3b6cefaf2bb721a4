// Which SIPps offer the load: as many pairs as it needs, a number of pairs, or a list of their places.
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { MOST_PAIRS } from '../targets/generator-pairs.ts';
import { endpoint } from './endpoint.ts';
import type { GeneratorsSpec } from './scenario.ts';
import { mapping, parsed } from './schema-parts.ts';
import { didYouMean, show } from './wording.ts';

const FORMS = `auto, a number of pairs (1 to ${MOST_PAIRS}), or a list of { caller: { netns, address }, callee: { netns, address } }`;

const local = parsed((value) => {
  if (value === undefined || value === 'local') return 'local' as const;
  if (typeof value === 'string' && value.startsWith('ssh://'))
    throw new UserError(
      'names another machine, and generators run on the machine of siptune only: leave host out, and run siptune on that machine (the router may be reached by ssh://)',
    );
  throw new UserError(`${show(value)} is not a host of generators: local, or leave it out`);
});

const pairs = z
  .array(mapping({ host: local.optional(), caller: endpoint, callee: endpoint }))
  .min(1, { error: `is empty: ${FORMS}` })
  .max(MOST_PAIRS, { error: `has more than ${MOST_PAIRS} pairs, which is more than one machine feeds` });

/** undefined: as many pairs as the rate needs. */
export const generators = z.unknown().transform((value, context): GeneratorsSpec | undefined => {
  if (value === undefined || value === 'auto') return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_PAIRS) return value;
  if (!Array.isArray(value)) {
    const guess = typeof value === 'string' ? didYouMean(value, ['auto']) : '';
    context.addIssue({
      code: 'custom',
      message: `${show(value)} is not a choice of generators: ${FORMS}${guess}`,
    });
    return z.NEVER;
  }
  const result = pairs.safeParse(value);
  if (result.success)
    return result.data.map(({ caller, callee }) => ({
      caller: { netns: caller.netns, address: caller.address },
      callee: { netns: callee.netns, address: callee.address },
    }));
  context.issues.push(...(result.error.issues as z.core.$ZodRawIssue[]));
  return z.NEVER;
});

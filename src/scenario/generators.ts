// Which SIPps offer the load: as many pairs as it needs, a number of pairs, or a list of their places.
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { cpuList } from '../targets/cpu-list.ts';
import { MOST_PAIRS } from '../targets/generator-pairs.ts';
import { endpoint } from './endpoint.ts';
import { hostName } from './host-name.ts';
import type { GeneratorsSpec } from './scenario.ts';
import { mapping, parsed } from './schema-parts.ts';
import { didYouMean, show } from './wording.ts';

const FORMS = `auto, a number of pairs (1 to ${MOST_PAIRS}), or a list of { host, cpus, caller: { netns, address }, callee: { netns, address } }, of which host and cpus may be left out`;

/** No machine has more; a list of billions would be written out. */
const MOST_CPUS = 4_096;

const cpus = parsed((value) => {
  const list = typeof value === 'number' ? String(value) : value;
  if (typeof list === 'string' && /^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/.test(list)) {
    const numbers = cpuList(list);
    if (numbers.length > 0 && list.split(',').every(isAscending) && Math.max(...numbers) < MOST_CPUS)
      return list;
  }
  throw new UserError(
    `${show(value)} is not a list of CPUs: numbers as taskset takes them, e.g. "0-3" or "2,4"`,
  );
});

function isAscending(part: string): boolean {
  const [first = 0, last = first] = part.split('-').map(Number);
  return last >= first;
}

const pairs = z
  .array(mapping({ host: hostName.optional(), cpus: cpus.optional(), caller: endpoint, callee: endpoint }))
  .min(1, { error: `is empty: ${FORMS}` })
  .max(MOST_PAIRS, { error: `has more than ${MOST_PAIRS} pairs` });

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
    return result.data.map(({ host = 'local', cpus, caller, callee }) => ({
      ...(host === 'local' ? {} : { host }),
      ...(cpus === undefined ? {} : { cpus }),
      caller: { netns: caller.netns, address: caller.address },
      callee: { netns: callee.netns, address: callee.address },
    }));
  context.issues.push(...(result.error.issues as z.core.$ZodRawIssue[]));
  return z.NEVER;
});

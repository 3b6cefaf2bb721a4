// Where a router or a generator is on a machine: in a namespace or not, and its address.
import { parseAddress } from './address.ts';
import { mapping, parsed, text } from './schema-parts.ts';

export const netns = text(
  /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/,
  'the name of a network namespace (ip netns list)',
);

export const address = parsed(parseAddress);

export const endpoint = mapping({ netns: netns.optional(), address });

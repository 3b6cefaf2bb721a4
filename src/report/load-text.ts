// A load in words, so that calls of one kind are not taken for another's.
import type { LoadSpec } from '../scenario/scenario.ts';
import type { Result } from '../store/result.ts';

const FLOWS: Readonly<Record<LoadSpec['flow'], string>> = {
  invite: 'INVITE calls',
  options: 'OPTIONS',
  register: 'REGISTER',
};
const TRANSPORTS = { tcp: 'TCP, one connection', 'tcp-per-call': 'TCP, a connection for each call' } as const;

/** Results of before loads were recorded had whole calls over UDP, unless their scenarios say otherwise. */
export function loadText(
  { flow, transport, arrivals }: NonNullable<Result['load']> = { flow: 'invite' },
): string {
  const how = arrivals === undefined ? '' : `, ${arrivalsText(arrivals)}`;
  return `${FLOWS[flow]} over ${transport === undefined ? 'UDP' : TRANSPORTS[transport]}${how}`;
}

function arrivalsText(arrivals: NonNullable<LoadSpec['arrivals']>): string {
  return arrivals.kind === 'poisson'
    ? 'Poisson arrivals'
    : `bursts of ${arrivals.factor} times the rate for ${arrivals.forMs} ms every ${arrivals.everyMs} ms`;
}

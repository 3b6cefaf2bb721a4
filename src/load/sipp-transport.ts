// What SIPp is told of the transport, and what each side's addresses look like over it.
import type { TcpTransport } from '../scenario/scenario.ts';

/** undefined: UDP, all calls over one socket. */
export type Transport = TcpTransport | undefined;

/** The answering side takes whatever connections the router opens. */
const MODES = {
  tcp: { caller: 't1', callee: 't1' },
  'tcp-per-call': { caller: 'tn', callee: 't1' },
} as const;

export function transportArgv(transport: Transport, side: 'caller' | 'callee'): readonly string[] {
  return transport === undefined ? [] : ['-t', MODES[transport][side]];
}

/** HOST:PORT for a URI; without the parameter a router would go on by UDP (RFC 3261, 19.1.1). */
export function hostPort(address: string, port: number, transport: Transport): string {
  return `${address}:${port}${transport === undefined ? '' : ';transport=tcp'}`;
}

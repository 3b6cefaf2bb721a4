// What SIPp is told of the transport, what each side's addresses look like over it, and what SIPp says when it breaks.
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

/**
 * SIPp gives up at the first connection that its peer closes, as a router does that has more of them than it takes
 * (tcp_max_connections): a limit of the router's, not of SIPp's.
 */
export function closedByRouter(lastWords: string): boolean {
  return /remote peer probably closed the socket/.test(lastWords);
}

/** HOST:PORT for a URI; without the parameter a router would go on by UDP (RFC 3261, 19.1.1). */
export function hostPort(address: string, port: number, transport: Transport): string {
  return `${address}:${port}${transport === undefined ? '' : ';transport=tcp'}`;
}

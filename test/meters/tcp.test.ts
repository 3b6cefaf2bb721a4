// TCP counters, as the kernel writes them.
import { expect, test } from 'vitest';
import { parseTcp } from '../../src/meters/tcp.ts';

const SNMP = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm ActiveOpens PassiveOpens AttemptFails EstabResets RetransSegs InErrs OutRsts
Tcp: 1 12 340 2 1 7 0 5
Udp: InDatagrams NoPorts
Udp: 9 9
`;

test('connections, and what was sent again', () => {
  expect(parseTcp(SNMP)).toEqual({
    openedConnections: 12,
    acceptedConnections: 340,
    failedConnections: 2,
    retransmittedSegments: 7,
    inErrors: 0,
  });
});

test('files that cannot be read count nothing', () => {
  expect(parseTcp('')).toEqual({});
});

// The router's socket in the output of ss(8).
import { expect, test } from 'vitest';
import { parseUdpSockets } from '../../src/routers/udp-socket.ts';
import { fixture } from '../support/fixture.ts';

test('address, buffer, and the main process as the owner', () => {
  const text = fixture('routers/ss-uanmp.txt');
  const [socket, ...others] = parseUdpSockets(text);
  expect(others).toEqual([]);
  expect(socket).toMatchObject({
    local: '127.0.0.1:5096',
    rcvbufBytes: 798_720,
    owner: { name: 'kamailio' },
  });
  const pids = [...text.matchAll(/pid=(\d+)/g)].map(([, pid]) => Number(pid));
  expect(socket?.owner?.pid).toBe(Math.min(...pids));
});

test('sockets on one line each, without the owner for a user who may not know', () => {
  const line = (local: string) =>
    `UNCONN 0 0 ${local} 0.0.0.0:* skmem:(r0,rb212992,t0,tb212992,f0,w0,o0,bl0,d7)`;
  expect(parseUdpSockets(`${line('0.0.0.0:5060')}\n${line('[::]:5060')}\n`)).toEqual([
    { local: '0.0.0.0:5060', rcvbufBytes: 212_992, owner: undefined },
    { local: '[::]:5060', rcvbufBytes: 212_992, owner: undefined },
  ]);
  expect(parseUdpSockets('')).toEqual([]);
});

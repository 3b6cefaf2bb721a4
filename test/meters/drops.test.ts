// Who dropped what: softnet, UDP counters, sockets by port, queue disciplines, pressure.
import { expect, test } from 'vitest';
import { parsePressure, psiReport } from '../../src/meters/psi.ts';
import { parseQdiscs, qdiscReport } from '../../src/meters/qdisc.ts';
import { parseSnmpUdp } from '../../src/meters/snmp.ts';
import { socketsReport } from '../../src/meters/sockets.ts';
import { parseSoftnet, softnetReport } from '../../src/meters/softnet.ts';
import { parseProcNetUdp, parseSsRcvbufBytes } from '../../src/meters/udp-sockets.ts';
import { fixture } from '../support/fixture.ts';

test('softnet columns are hexadecimal, and CPUs are told by their own column', () => {
  const [cpu0, cpu1] = parseSoftnet(fixture('meters/softnet-stat.txt'));
  expect(cpu0).toEqual({
    cpu: 0,
    processed: 0x127d5,
    dropped: 0,
    timeSqueeze: 0,
    receivedRps: 0xd4b5,
    backlogPackets: 0,
  });
  expect(cpu1).toMatchObject({ cpu: 1, processed: 0x15765 });
  const offline1 = '1 2 3 0 0 0 0 0 0 4 0 5 00000002 0 0\n';
  expect(parseSoftnet(offline1)[0]).toMatchObject({ cpu: 2, backlogPackets: 5 });
  expect(parseSoftnet('1 2 3 0 0 0 0 0 0 4 0\n')[0]).toMatchObject({ cpu: 0, backlogPackets: 0 });
});

test('a softnet counter that overflows its 32 bits still gives the right growth', () => {
  const cpu = (processed: number, dropped: number) =>
    parseSoftnet(`${processed.toString(16)} ${dropped.toString(16)} 0 0 0 0 0 0 0 0 0 0 0\n`);
  expect(softnetReport(cpu(0xfffffff0, 1), cpu(0x10, 8))).toMatchObject({
    processed: 32,
    dropped: 7,
    cpu0Dropped: 7,
  });
});

test('UDP counters are found by name, and UdpLite is not taken for UDP', () => {
  expect(parseSnmpUdp(fixture('meters/proc-net-snmp.txt'))).toEqual({
    inDatagrams: 0,
    noPorts: 1,
    inErrors: 234,
    outDatagrams: 447,
    rcvbufErrors: 234,
    sndbufErrors: 555,
    memErrors: 0,
  });
  expect(parseSnmpUdp('Tcp: a\nTcp: 1\n')).toBeNull();
});

test('drops and queue belong to the sockets of the port, IPv6 included', () => {
  const on = (ports: readonly number[]) =>
    ['udp', 'udp6'].flatMap((name) => parseProcNetUdp(fixture(`meters/proc-net-${name}.txt`), ports));
  expect(on([5060]).map(({ port, drops, rcvqBytes }) => ({ port, drops, rcvqBytes }))).toEqual([
    { port: 5060, drops: 234, rcvqBytes: 212_480 },
    { port: 5060, drops: 0, rcvqBytes: 1280 },
  ]);
  expect(on([5061])).toMatchObject([{ port: 5061, drops: 0, rcvqBytes: 832 }]);
  expect(on([5070])).toEqual([]);
});

test('the receive buffer in force is that of the port, on one line or on two', () => {
  const text = fixture('meters/ss-uanmh.txt');
  expect(parseSsRcvbufBytes(text, 5060)).toEqual([212_992, 212_992]);
  expect(parseSsRcvbufBytes(text.replace(/\n\t/g, ' '), 5060)).toEqual([212_992, 212_992]);
  expect(parseSsRcvbufBytes(text, 506)).toEqual([]);
});

test('a socket that opens brings only its own drops, one that closes takes none away', () => {
  const socket = (id: string, drops: number, rcvqBytes = 0) => ({ id, port: 5060, drops, rcvqBytes });
  const look = (atMs: number, router: ReturnType<typeof socket>[]) => ({
    atMs,
    sample: { router, generator: [] },
  });
  const report = socketsReport([
    look(0, [socket('a', 100), socket('b', 7)]),
    look(1000, [socket('a', 130, 5000), socket('b', 7)]),
    look(2000, [socket('b', 9, 300), socket('c', 4)]),
  ]);
  expect(report).toMatchObject({
    routerDrops: 30 + 2 + 4,
    routerRcvqPeakBytes: 5000,
    routerRcvqLastBytes: 300,
  });
});

test('a classful queue counts the drops of its leaves, and they are not counted twice', () => {
  const queues = parseQdiscs(fixture('meters/tc-qdisc.json'), ['v0', 'v1']);
  expect(
    queues.map(({ device, kind, drops, backlogPackets }) => [device, kind, drops, backlogPackets]),
  ).toEqual([
    ['v0', 'htb', 276, 15],
    ['v1', 'tbf', 279, 12],
  ]);
  const before = queues.map((queue) => ({ ...queue, drops: queue.drops - 6 }));
  expect(qdiscReport(before, queues)).toEqual({
    drops: 12,
    overlimits: 0,
    requeues: 0,
    v0Drops: 6,
    v1Drops: 6,
  });
});

test('a queue that was made anew in the window started at 0', () => {
  const [queue] = parseQdiscs(fixture('meters/tc-qdisc.json'), ['v0']);
  if (!queue) throw new Error('no v0');
  expect(qdiscReport([queue], [{ ...queue, drops: 3 }])).toMatchObject({ drops: 3 });
  expect(qdiscReport([queue], [{ ...queue, kind: 'pfifo', drops: 400 }])).toMatchObject({ drops: 400 });
});

test('pressure is the growth of the totals; a kernel without it reports nothing', () => {
  const now = parsePressure('cpu', fixture('meters/pressure-cpu.txt'));
  expect(Object.keys(now).sort()).toEqual(['cpuFullMs', 'cpuSomeMs']);
  expect(psiReport(now, { ...now, cpuSomeMs: (now.cpuSomeMs ?? 0) + 12.5 }).cpuSomeMs).toBeCloseTo(12.5);
  expect(psiReport(parsePressure('io', ''), parsePressure('io', ''))).toEqual({});
});

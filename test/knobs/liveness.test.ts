// Knobs that cannot act on a target are left out, with the reason.
import { describe, expect, test } from 'vitest';
import { knobByName } from '../../src/knobs/catalogue.ts';
import type { KnobInPlay } from '../../src/knobs/knob.ts';
import { inertReason, type LivenessFacts, unavailableReason } from '../../src/knobs/liveness.ts';
import { type BufferKnob, type BufferSpans, bufferProbe } from '../../src/knobs/receive-buffer.ts';
import { parseKamailioVersion } from '../../src/routers/kamailio-facts.ts';
import { parseOpensipsVersion } from '../../src/routers/opensips-facts.ts';
import { fixture } from '../support/fixture.ts';

const kamailio = parseKamailioVersion(fixture('routers/kamailio-v.txt'), 'kamailio');
const opensips = parseOpensipsVersion(fixture('routers/opensips-V.txt'), 'opensips');
const veth = { name: 'eth0', rootQdisc: 'noqueue', kind: 'veth', rps: false };
const facts: LivenessFacts = {
  router: kamailio,
  devices: { egress: veth, onPath: [veth], leavesBy: ['eth0'] },
  buffer: null,
  managedBy: 'siptune',
};

function reason(name: string, changes: Partial<LivenessFacts> = {}, choices?: readonly string[]) {
  const knob = knobByName(name);
  if (!knob) throw new Error(name);
  const inPlay: KnobInPlay = {
    knob,
    min: knob.search.min,
    max: knob.search.max,
    ...(choices ? { choices } : {}),
  };
  const here = { ...facts, ...changes };
  return unavailableReason(inPlay, here) ?? inertReason(inPlay, here);
}

test('shared memory that is mapped is not bounded by System V limits', () => {
  expect(reason('kernel.shmmax')).toMatch(/SHM_MMAP/);
  expect(reason('kernel.shmmax', { router: { ...kamailio, shmMmap: false } })).toBeNull();
});

test.each([
  ['pfifo_fast', [], null],
  ['htb', [], null],
  ['noqueue', [], /no queue/],
  ['fq_codel', [], /does not take its limit/],
  // As measured: under mq, a queue of pfifo_fast holds what txqueuelen says, from the moment that it is written.
  ['mq', ['pfifo_fast', 'pfifo_fast'], null],
  ['mq', ['fq_codel', 'fq_codel'], /has fq_codel in its queues \(mq\), which does not take its limit/],
  ['mq', ['pfifo'], /does not take its limit/],
  ['mq', [], null],
])('txqueuelen behind %s %j', (rootQdisc, leafQdiscs, expected) => {
  const egress = { ...veth, rootQdisc, leafQdiscs };
  const seen = reason('txqueuelen', { devices: { ...facts.devices, egress } });
  if (expected === null) expect(seen).toBeNull();
  else expect(seen).toMatch(expected);
});

test('txqueuelen of a device that the calls do not leave by does nothing', () => {
  const egress = { ...veth, rootQdisc: 'pfifo_fast' };
  const by = (leavesBy: readonly string[] | null) =>
    reason('txqueuelen', { devices: { ...facts.devices, egress, leavesBy } });
  expect(by(['lo'])).toMatch(/nothing of the calls leaves by eth0: they go out by lo/);
  expect(by(['lo', 'eth0'])).toBeNull();
  expect(by(null)).toBeNull();
});

test('the backlog is used by veth, loopback and RPS, not by a plain NAPI device', () => {
  const nic = { ...veth, kind: 'physical' };
  const through = (...onPath: (typeof veth)[]) =>
    reason('net.core.netdev_max_backlog', { devices: { ...facts.devices, onPath } });
  expect(through(veth)).toBeNull();
  expect(through(nic)).toMatch(/NAPI/);
  expect(through({ ...nic, rps: true })).toBeNull();
  expect(through(nic, { ...veth, name: 'lo', kind: 'lo' })).toBeNull();
  // A container's veth is behind it.
  expect(through({ ...nic, name: 'br0', kind: 'bridge' })).toBeNull();
});

test('the backlog of half-open connections is that of TCP without cookies', () => {
  const name = 'net.ipv4.tcp_max_syn_backlog';
  expect(reason(name, { tcp: false, synCookies: true })).toMatch(/over UDP/);
  expect(reason(name, { tcp: true, synCookies: true })).toMatch(/tcp_syncookies is on/);
  expect(reason(name, { tcp: true, synCookies: false })).toBeNull();
  expect(reason(name, { tcp: true, synCookies: null })).toBeNull();
});

test('wmem_max acts only through a router that asks for a send buffer', () => {
  expect(reason('net.core.wmem_max')).toMatch(/never asks/);
  expect(reason('net.core.wmem_max', { router: opensips })).toMatch(/never asks/);
  expect(reason('net.core.wmem_max', { router: { ...kamailio, version: '5.8.2' } })).toBeNull();
});

describe('the receive buffer is decided by three settings together', () => {
  const KIB = 1024;
  const MIB = 1024 * KIB;
  const fixed = (today: number) => ({ today, min: today, max: today });
  const searched = (today: number) => ({ today, min: 208 * KIB, max: 32 * MIB });
  const nothingInPlay: BufferSpans = {
    'net.core.rmem_default': fixed(208 * KIB),
    'net.core.rmem_max': fixed(4 * MIB),
    'router.maxbuffer': fixed(256 * KIB),
  };
  const inPlay = (...names: BufferKnob[]): BufferSpans => ({
    ...nothingInPlay,
    ...Object.fromEntries(names.map((name) => [name, searched(nothingInPlay[name].today)])),
  });
  const judge = (name: BufferKnob, buffer: BufferSpans) => reason(name, { buffer });

  test('rmem_max needs maxbuffer: alone it does nothing, and the reason says what the socket keeps', () => {
    expect(judge('net.core.rmem_max', inPlay('net.core.rmem_max'))).toMatch(
      /at most maxbuffer \(262144 bytes\), which is not in play: its socket keeps 524288 bytes/,
    );
    expect(judge('net.core.rmem_max', inPlay('net.core.rmem_max', 'router.maxbuffer'))).toBeNull();
    // A request of the router's that today's ceiling cuts off.
    const capped = { ...inPlay('net.core.rmem_max'), 'router.maxbuffer': fixed(16 * MIB) };
    expect(judge('net.core.rmem_max', capped)).toBeNull();
  });

  test('maxbuffer acts below rmem_max, and not above it', () => {
    expect(judge('router.maxbuffer', inPlay('router.maxbuffer'))).toBeNull();
    const ceiling = {
      ...nothingInPlay,
      'net.core.rmem_max': fixed(208 * KIB),
      'router.maxbuffer': { today: 256 * KIB, min: 256 * KIB, max: 32 * MIB },
    };
    expect(judge('router.maxbuffer', ceiling)).toMatch(/rmem_max \(212992 bytes\)/);
    const large = { ...inPlay('router.maxbuffer'), 'net.core.rmem_default': fixed(40 * MIB) };
    expect(judge('router.maxbuffer', large)).toMatch(/41943040 bytes/);
  });

  test('rmem_default acts where it goes above maxbuffer', () => {
    expect(judge('net.core.rmem_default', inPlay('net.core.rmem_default'))).toBeNull();
    const raised = {
      ...nothingInPlay,
      'net.core.rmem_default': { today: 208 * KIB, min: 208 * KIB, max: 400 * KIB },
      'router.maxbuffer': fixed(MIB),
    };
    expect(judge('net.core.rmem_default', raised)).toMatch(/raises its buffer above it/);
  });

  test('it is proven by a change that must show, of as few settings as possible', () => {
    const probe = (name: BufferKnob, ...names: BufferKnob[]) => bufferProbe(name, inPlay(name, ...names));
    expect(probe('net.core.rmem_default')).toEqual({ 'net.core.rmem_default': 32 * MIB });
    expect(probe('router.maxbuffer')).toEqual({ 'router.maxbuffer': 32 * MIB });
    expect(probe('net.core.rmem_max')).toBeNull();
    expect(probe('net.core.rmem_max', 'router.maxbuffer')).toEqual({
      'net.core.rmem_max': 32 * MIB,
      'router.maxbuffer': 32 * MIB,
    });
  });
});

test('what stands in a service’s own files is not searched, and one memory manager is no choice', () => {
  for (const name of ['router.workers', 'router.maxbuffer', 'router.allocator']) {
    expect(reason(name, { managedBy: 'service' }, ['qm', 'fm'])).toMatch(/service's own files/);
    expect(reason(name, {}, ['qm', 'fm'])).toBeNull();
  }
  expect(reason('router.shm', { managedBy: 'service' })).toBeNull();
  expect(reason('router.allocator', {}, ['qm'])).toMatch(/only qm/);
});

test('over TCP what belongs to UDP sockets is inert; OpenSIPS asks for send buffers on connections', () => {
  const tcp = { tcp: true };
  for (const name of ['net.core.rmem_default', 'net.core.wmem_default', 'net.core.rmem_max'])
    expect(reason(name, tcp)).toMatch(/^the load is over TCP/);
  for (const name of ['net.core.wmem_max', 'router.maxbuffer']) {
    expect(reason(name, tcp)).toMatch(/UDP sockets only/);
    expect(reason(name, { ...tcp, router: opensips })).toBeNull();
  }
  for (const name of ['router.workers', 'net.core.netdev_max_backlog', 'router.shm'])
    expect(reason(name, tcp)).toBe(reason(name));
});

// Knobs that cannot act on a target are left out, with the reason.
import { expect, test } from 'vitest';
import { knobByName } from '../../src/knobs/catalogue.ts';
import type { KnobInPlay } from '../../src/knobs/knob.ts';
import { inertReason, type LivenessFacts } from '../../src/knobs/liveness.ts';
import { parseKamailioVersion } from '../../src/routers/kamailio-facts.ts';
import { parseOpensipsVersion } from '../../src/routers/opensips-facts.ts';
import { fixture } from '../support/fixture.ts';

const kamailio = parseKamailioVersion(fixture('routers/kamailio-v.txt'), 'kamailio');
const opensips = parseOpensipsVersion(fixture('routers/opensips-V.txt'), 'opensips');
const veth = { name: 'eth0', rootQdisc: 'noqueue', kind: 'veth', rps: false };
const facts: LivenessFacts = {
  router: kamailio,
  egress: veth,
  devices: [veth],
  maxbufferInPlay: true,
  maxbufferBytes: 262_144,
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
  return inertReason(inPlay, { ...facts, ...changes });
}

test('shared memory that is mapped is not bounded by System V limits', () => {
  expect(reason('kernel.shmmax')).toMatch(/SHM_MMAP/);
  expect(reason('kernel.shmmax', { router: { ...kamailio, shmMmap: false } })).toBeNull();
});

test.each([
  ['pfifo_fast', null],
  ['htb', null],
  ['noqueue', /no queue/],
  ['fq_codel', /does not take its limit/],
  ['mq', /does not take its limit/],
])('txqueuelen behind %s', (rootQdisc, expected) => {
  const seen = reason('txqueuelen', { egress: { ...veth, rootQdisc } });
  if (expected === null) expect(seen).toBeNull();
  else expect(seen).toMatch(expected);
});

test('the backlog is used by veth, loopback and RPS, not by a plain NAPI device', () => {
  const nic = { ...veth, kind: 'physical' };
  expect(reason('net.core.netdev_max_backlog')).toBeNull();
  expect(reason('net.core.netdev_max_backlog', { devices: [nic] })).toMatch(/NAPI/);
  expect(reason('net.core.netdev_max_backlog', { devices: [{ ...nic, rps: true }] })).toBeNull();
});

test('wmem_max acts only through a router that asks for a send buffer', () => {
  expect(reason('net.core.wmem_max')).toMatch(/never asks/);
  expect(reason('net.core.wmem_max', { router: opensips })).toMatch(/never asks/);
  expect(reason('net.core.wmem_max', { router: { ...kamailio, version: '5.8.2' } })).toBeNull();
});

test('rmem_max needs maxbuffer: alone it does nothing', () => {
  expect(reason('net.core.rmem_max')).toBeNull();
  expect(reason('net.core.rmem_max', { maxbufferInPlay: false, maxbufferBytes: 131_072 })).toMatch(
    /maxbuffer/,
  );
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

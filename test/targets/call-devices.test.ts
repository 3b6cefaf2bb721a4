// Liveness is of the devices that the calls really go through, as the kernel routes them.
import { expect, test } from 'vitest';
import { type CallPath, readCallDevices } from '../../src/targets/call-devices.ts';
import type { Host } from '../../src/targets/host.ts';
import { createFakeHost, type FakeHostTables } from '../support/fake-host.ts';

const LINKS: FakeHostTables['commands'] = {
  'ip -d -j link show dev lo': JSON.stringify([{ ifname: 'lo', link_type: 'loopback', num_rx_queues: 1 }]),
  'tc -j qdisc show dev lo': JSON.stringify([{ kind: 'noqueue', root: true }]),
  'ip -d -j link show dev eth0': JSON.stringify([{ ifname: 'eth0', link_type: 'ether', num_rx_queues: 4 }]),
  'tc -j qdisc show dev eth0': JSON.stringify([
    { kind: 'mq', handle: '0:', root: true },
    { kind: 'pfifo_fast', handle: '0:', parent: ':1' },
    { kind: 'pfifo_fast', handle: '0:', parent: ':2' },
    { kind: 'clsact', handle: 'ffff:', parent: 'ffff:fff1' },
  ]),
};
const route = (to: string, from: string, dev: string) => ({
  [`ip -j route get ${to} from ${from}`]: JSON.stringify([{ dst: to, dev }]),
});

function pathOn(host: Host, callee: string, sharesKernel = true): CallPath {
  return {
    ...{ routerHost: host, routerAddress: '192.0.2.1', devices: ['eth0'], sharesKernel },
    caller: { host, address: '192.0.2.1', port: 5061 },
    callee: { host, address: callee, port: 5070 },
  };
}

test('calls between addresses of one machine go by lo, whatever device the scenario names', async () => {
  const host = createFakeHost({
    commands: {
      ...LINKS,
      ...route('192.0.2.1', '192.0.2.1', 'lo'),
      ...route('192.0.2.2', '192.0.2.1', 'lo'),
      ...route('192.0.2.1', '192.0.2.2', 'lo'),
    },
    files: {},
  });
  const seen = await readCallDevices(pathOn(host, '192.0.2.2'));
  expect(seen.egress?.name).toBe('eth0');
  expect(seen.onPath.map(({ kind }) => kind)).toEqual(['lo']);
  expect(seen.leavesBy).toEqual(['lo']);
});

test('a callee elsewhere is reached by the device of its route, with the queues under its mq', async () => {
  const host = createFakeHost({
    commands: {
      ...LINKS,
      ...route('192.0.2.1', '192.0.2.1', 'lo'),
      ...route('192.0.2.9', '192.0.2.1', 'eth0'),
    },
    // The first queue has no mask.
    files: {
      '/sys/class/net/eth0/queues/rx-0/rps_cpus': '00\n',
      '/sys/class/net/eth0/queues/rx-2/rps_cpus': '02\n',
    },
  });
  const seen = await readCallDevices(pathOn(host, '192.0.2.9', false));
  expect(seen.leavesBy).toEqual(['lo', 'eth0']);
  expect(seen.onPath).toContainEqual({
    ...{ name: 'eth0', rootQdisc: 'mq', leafQdiscs: ['pfifo_fast', 'pfifo_fast'] },
    ...{ kind: 'physical', rps: true },
  });
});

test('where routes cannot be read, the scenario’s device stands for all', async () => {
  const host = createFakeHost({ commands: LINKS, files: {} });
  const seen = await readCallDevices(pathOn(host, '192.0.2.2'));
  expect(seen).toMatchObject({ onPath: [{ name: 'eth0', rps: false }], leavesBy: null });
});

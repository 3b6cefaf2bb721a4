// The way back, on real kernel settings: exactly what was read is what is written back, and a second restore changes nothing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leavesWithoutQueue, writeSysctl, writeTxqueuelen } from '../../src/knobs/access.ts';
import { CATALOGUE, knobByName } from '../../src/knobs/catalogue.ts';
import type { Knob } from '../../src/knobs/knob.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { readOriginals, restoreOriginals } from '../../src/targets/originals.ts';

const machine = createLocalHost();
const NETNS = 'siptune-test-originals';
const netns = machine.inNetns(NETNS);
const places = { machine, routerHost: netns, device: 'test0' };
const kernelKnobs = CATALOGUE.filter(({ access }) => access.via !== 'router');

const tc = async (...args: string[]) => {
  const result = await netns.run(['tc', ...args]);
  expect(result.stderr.replace(/^Warning:.*\n/gm, '')).toBe('');
  return result.stdout;
};

beforeAll(async () => {
  await machine.run(['ip', 'netns', 'add', NETNS]);
  await netns.run(['ip', 'link', 'add', 'test0', 'type', 'veth', 'peer', 'name', 'test1']);
  await netns.run(['ip', 'link', 'set', 'test0', 'up']);
  await netns.run(['ip', 'link', 'set', 'test1', 'up']);
});
afterAll(async () => {
  await machine.run(['ip', 'netns', 'del', NETNS]);
});

const knob = (name: string): Knob => {
  const found = knobByName(name);
  if (!found) throw new Error(name);
  return found;
};

test('every kernel knob of the catalogue exists here and is read', async () => {
  const { originals, missing } = await readOriginals(kernelKnobs, places);
  expect(missing).toEqual([]);
  expect(originals.map((original) => original.knob)).toEqual(kernelKnobs.map(({ name }) => name));
});

test('restore writes back what was read, to the digit, and is idempotent', async () => {
  const names = ['kernel.shmmax', 'kernel.shmall', 'net.core.netdev_max_backlog', 'txqueuelen'];
  const { originals } = await readOriginals(names.map(knob), places);
  expect(await writeSysctl(machine, 'kernel.shmmax', '4294967296')).toMatchObject({ state: 'written' });
  expect(await writeSysctl(machine, 'kernel.shmall', '1048576')).toMatchObject({ state: 'written' });
  expect(await writeSysctl(machine, 'net.core.netdev_max_backlog', '4321')).toEqual({
    state: 'written',
    effective: '4321',
  });
  expect(await writeTxqueuelen(netns, 'test0', '77')).toEqual({ state: 'written', effective: '77' });

  const first = await restoreOriginals(originals, machine);
  expect(first.map(({ outcome }) => outcome.state)).toEqual(['restored', 'restored', 'restored', 'restored']);
  expect((await readOriginals(names.map(knob), places)).originals).toEqual(originals);
  const second = await restoreOriginals(originals, machine);
  expect(second.every(({ outcome }) => outcome.state === 'unchanged')).toBe(true);
});

test('restore goes on past a device that is gone, and names it', async () => {
  const { originals } = await readOriginals([knob('net.core.netdev_max_backlog')], places);
  await writeSysctl(machine, 'net.core.netdev_max_backlog', '4321');
  const steps = await restoreOriginals(
    [
      ...originals,
      { knob: 'txqueuelen', target: { via: 'txqueuelen', device: 'gone0', netns: NETNS }, raw: '1000' },
    ],
    machine,
  );
  expect(steps.map(({ outcome }) => outcome.state)).toEqual(['failed', 'restored']);
  expect(JSON.stringify(steps[0])).toContain('gone0');
});

test('a value that the kernel refuses is a failure with its reason', async () => {
  const outcome = await writeSysctl(machine, 'net.core.netdev_max_backlog', 'many');
  expect(outcome).toMatchObject({ state: 'failed', reason: expect.stringMatching(/EINVAL|nvalid/) });
});

test('a changed txqueuelen reaches the queue of an HTB class, which took its limit when it was made', async () => {
  await tc('qdisc', 'add', 'dev', 'test0', 'root', 'handle', '1:', 'htb', 'default', '10');
  await tc('class', 'add', 'dev', 'test0', 'parent', '1:', 'classid', '1:10', 'htb', 'rate', '8kbit');
  expect(leavesWithoutQueue(await tc('class', 'show', 'dev', 'test0'))).toEqual(['1:10']);
  const dropsWith = async (length: string) => {
    await writeTxqueuelen(netns, 'test0', length);
    const before = await drops();
    await netns.run(['ip', 'addr', 'replace', '198.18.9.1/24', 'dev', 'test0']);
    await netns.run(['ip', 'neigh', 'replace', '198.18.9.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'test0']);
    await netns.run([process.execPath, '-e', SEND_100_DATAGRAMS]);
    return (await drops()) - before;
  };
  const short = await dropsWith('5');
  const long = await dropsWith('1000');
  expect(short).toBeGreaterThan(80);
  expect(long).toBe(0);
});

const SEND_100_DATAGRAMS = `
  const socket = require('dgram').createSocket('udp4');
  let left = 100;
  for (let i = 0; i < 100; i += 1) socket.send('x'.repeat(100), 9, '198.18.9.2', () => { if (--left === 0) socket.close(); });
`;

async function drops(): Promise<number> {
  const rows: { root?: boolean; drops: number }[] = JSON.parse(
    await tc('-s', '-j', 'qdisc', 'show', 'dev', 'test0'),
  );
  return rows.find(({ root }) => root)?.drops ?? 0;
}

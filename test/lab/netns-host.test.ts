// A host inside a network namespace: its own /proc and /sys, the program's own process ID, errors as they are.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLocalHost } from '../../src/targets/local-host.ts';

const NETNS = 'siptune-test';
const SOMAXCONN = '/proc/sys/net/core/somaxconn';
const machine = createLocalHost();
const inside = machine.inNetns(NETNS);

beforeAll(() => machine.run(['ip', 'netns', 'add', NETNS]));
afterAll(() => machine.run(['ip', 'netns', 'del', NETNS]));

test('reads many files in one go, those of the namespace', async () => {
  const paths = ['/proc/net/dev', '/no such file', SOMAXCONN, '/proc/net', '/sys/class/net/lo/mtu'];
  const files = await inside.readFiles(paths);
  expect([...files.keys()]).toEqual(paths);
  expect(files.get('/proc/net/dev')).toContain('lo:');
  expect(files.get('/no such file')).toBeNull();
  expect(files.get('/proc/net')).toBeNull();
  expect(files.get('/sys/class/net/lo/mtu')).toBe('65536\n');
  expect(await inside.readFiles([])).toEqual(new Map());
});

test('writes reach the namespace only, and a refused value gives the kernel’s reason', async () => {
  const before = (await machine.readFiles([SOMAXCONN])).get(SOMAXCONN);
  await inside.writeFile(SOMAXCONN, '5000\n');
  expect((await inside.readFiles([SOMAXCONN])).get(SOMAXCONN)).toBe('5000\n');
  expect((await machine.readFiles([SOMAXCONN])).get(SOMAXCONN)).toBe(before);
  await expect(inside.writeFile(SOMAXCONN, 'many\n')).rejects.toThrow('Invalid argument');
  await expect(inside.writeFile('/proc/sys/net/core/no_such_key', '1\n')).rejects.toThrow(
    /No such file|denied/,
  );
});

test('a missing executable is told apart from a missing namespace', async () => {
  expect(await inside.run(['siptune-no-such-tool'])).toMatchObject({ notFound: true });
  const nowhere = await machine.inNetns('siptune-no-such-namespace').run(['true']);
  expect(nowhere.notFound).toBe(false);
  expect(nowhere.stderr).toContain('siptune-no-such-namespace');
});

test('a spawned program has the process ID that was given, in the namespace, on its CPUs', async () => {
  const sleeper = await inside.spawn(['sleep', '600'], { cpus: '1' });
  const path = `/proc/${sleeper.pid}/status`;
  await expect
    .poll(async () => (await machine.readFiles([path])).get(path))
    .toMatch(/Name:\tsleep[\s\S]*Cpus_allowed_list:\t1\n/);
  expect((await machine.run(['ip', 'netns', 'identify', String(sleeper.pid)])).stdout.trim()).toBe(NETNS);
  sleeper.kill('SIGTERM');
  expect(await sleeper.exited).toMatchObject({ signal: 'SIGTERM' });
});

// SIPp's files on another machine and its clock; that machine is this one, in another folder and by a clock that is ahead.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createSippPlaceThere } from '../../src/load/sipp-place-there.ts';
import type { Host } from '../../src/targets/host.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

const local = createLocalHost();
const AHEAD_S = 3_600;

let there = '';
let rawDir = '';
beforeEach(async () => {
  there = await mkdtemp(join(tmpdir(), 'siptune-test-there-'));
  rawDir = await mkdtemp(join(tmpdir(), 'siptune-test-here-'));
});
afterEach(async () => {
  await rm(there, { recursive: true });
  await rm(rawDir, { recursive: true });
});

const machineOf = (run: Host['run']): Host => ({ ...local, label: 'ssh://root@load1', run });
const place = (run: Host['run'] = local.run) => createSippPlaceThere(machineOf(run), there, systemClock);

test('flows are put there, and each SIPp has a folder that only root can read', async () => {
  const on = place();
  await on.ready();
  expect(await readFile(on.flowPath('answer'), 'utf8')).toContain('<scenario');
  const folder = await on.workIn(rawDir);
  expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
  expect((await on.workIn(rawDir)).path).not.toBe(folder.path);
});

test('what grows is followed, the rest comes at the end, and then nothing is left there', async () => {
  const folder = await place().workIn(rawDir);
  await folder.put('in.csv', 'SEQUENTIAL\n1\n');
  await writeFile(join(folder.path, 'stat.csv'), 'one\n');
  expect(String(await folder.appended('stat.csv', 0))).toBe('one\n');
  await writeFile(join(folder.path, 'stat.csv'), 'one\ntwo\n');
  expect(String(await folder.appended('stat.csv', 4))).toBe('two\n');
  expect(await folder.appended('missing.csv', 0)).toHaveLength(0);
  await writeFile(join(folder.path, 'invite_7_rtt.csv'), 'rtt\n');
  await writeFile(join(folder.path, '.hidden'), 'not of SIPp');
  await folder.collect();
  const files = (await readdir(rawDir)).sort();
  expect(files).toEqual(['in.csv', 'invite_7_rtt.csv', 'stat.csv']);
  expect(await readFile(join(rawDir, 'stat.csv'), 'utf8')).toBe('one\ntwo\n');
  expect(String(await folder.read('invite_7_rtt.csv'))).toBe('rtt\n');
  await expect(stat(folder.path)).rejects.toThrow('ENOENT');
});

const ahead: Host['run'] = async (argv, options) => {
  const result = await local.run(argv, options);
  if (argv[0] !== 'date') return result;
  return { ...result, stdout: String(BigInt(result.stdout.trim()) + BigInt(AHEAD_S) * 10n ** 9n) };
};

test('its clock is compared with siptune’s, to half the time that asking takes', async () => {
  const { aheadMs, uncertaintyMs, roundTripMs } = await place(ahead).readClock();
  expect(uncertaintyMs).toBe(roundTripMs / 2);
  // The wall clock here has whole milliseconds.
  expect(Math.abs(aheadMs - AHEAD_S * 1_000)).toBeLessThanOrEqual(uncertaintyMs + 1);
});

test('a date without nanoseconds is refused', async () => {
  const busybox: Host['run'] = async () => ({ ...(await local.run(['true'])), stdout: '1700000000\n' });
  await expect(place(busybox).readClock()).rejects.toThrow(/on ssh:\/\/root@load1 gave "1700000000"/);
});

test('a command begins at its time, by the clock there, as the process that was started', async () => {
  const on = place();
  const reading = await on.readClock();
  const atMs = systemClock.nowMs() + 300;
  const dueMs = Date.now() + 300;
  const argv = await on.beginAt(['sh', '-c', 'date +%s%3N; echo $$'], atMs, reading);
  const started = await local.spawn(argv);
  const [began = '', pid = ''] = (await started.exited).stdout.split('\n');
  expect(Number(pid)).toBe(started.pid);
  expect(Number(began) - dueMs).toBeGreaterThanOrEqual(-reading.uncertaintyMs - 3);
  expect(Number(began) - dueMs).toBeLessThan(250);
});

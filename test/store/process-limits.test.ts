// What a generator reaches is remembered for the machine and the program that it was measured with, and for no other.
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type LimitKey, recallLimit, rememberLimit } from '../../src/store/process-limits.ts';

const KEY: LimitKey = {
  cpuModel: 'Some CPU',
  loadCpus: 4,
  sippVersion: '3.6.1',
  kernel: '6.1.0',
  flow: 'invite',
  transport: 'udp',
};
const AT = new Date('2026-01-01T00:00:00Z');

let parent = '';
let dir = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'siptune-test-limits-'));
  // Not there yet, as on a machine where siptune has never run.
  dir = join(parent, 'state');
});
afterEach(() => rm(parent, { recursive: true }));

test('it comes back for the same machine, program, flow and transport only', async () => {
  expect(await recallLimit(dir, KEY)).toBeNull();
  await rememberLimit(dir, KEY, 1_200, AT);
  await rememberLimit(dir, { ...KEY, flow: 'options' }, 3_000, AT);
  expect(await recallLimit(dir, KEY)).toBe(1_200);
  expect(await recallLimit(dir, { ...KEY, flow: 'options' })).toBe(3_000);
  const others: readonly Partial<LimitKey>[] = [
    { cpuModel: 'Another CPU' },
    { loadCpus: 2 },
    { sippVersion: '3.7.3' },
    { kernel: '6.12.0' },
    { transport: 'tcp' },
  ];
  for (const other of others) expect(await recallLimit(dir, { ...KEY, ...other })).toBeNull();
});

test('measured anew, it replaces what was known; nothing else is left in the folder, for its owner alone', async () => {
  await rememberLimit(dir, KEY, 1_200, AT);
  await rememberLimit(dir, KEY, 1_100, AT);
  expect(await recallLimit(dir, KEY)).toBe(1_100);
  const [file = ''] = await readdir(dir);
  expect(await readdir(dir)).toHaveLength(1);
  expect(JSON.parse(await readFile(join(dir, file), 'utf8')).limits).toHaveLength(1);
  expect((await stat(join(dir, file))).mode & 0o077).toBe(0);
});

test.each(['', '{', '[]', '{"schema":2,"limits":[]}', '{"schema":1,"limits":[{"key":{},"limitCps":-1}]}'])(
  'a damaged file (%s) is as good as none, and is replaced',
  async (text) => {
    await rememberLimit(dir, KEY, 1_200, AT);
    const [file = ''] = await readdir(dir);
    await writeFile(join(dir, file), text);
    expect(await recallLimit(dir, KEY)).toBeNull();
    await rememberLimit(dir, KEY, 1_300, AT);
    expect(await recallLimit(dir, KEY)).toBe(1_300);
  },
);

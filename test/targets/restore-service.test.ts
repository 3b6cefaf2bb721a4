// The way back of a service's own file, on real files: whole, through a link, with its mode, and with a restart only where needed.
import { chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLocalHost } from '../../src/targets/local-host.ts';
import type { Original } from '../../src/targets/original.ts';
import { restoreOriginals } from '../../src/targets/originals.ts';

const RECORDED = '# sizes in MB\nSHM_MEMORY=64\nUSER=kamailio\n';
const LEFT = '# sizes in MB\nSHM_MEMORY=96\nUSER=kamailio\nPKG_MEMORY=16\n';

let folder = '';
let file = '';
let original: Original;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-restore-'));
  file = join(folder, 'defaults');
  await writeFile(join(folder, 'real'), LEFT);
  await chmod(join(folder, 'real'), 0o640);
  await symlink('real', file);
  const restartCommand = ['touch', join(folder, 'restarted')];
  original = { knob: file, target: { via: 'service', defaultsFile: file, restartCommand }, raw: RECORDED };
});
afterEach(() => rm(folder, { recursive: true }));

const restore = async (raw = RECORDED) => {
  const [step] = await restoreOriginals([{ ...original, raw }], createLocalHost());
  return step?.outcome;
};
const names = async () => (await readdir(folder)).sort();

test('comes back byte for byte, and a second time nothing is done', async () => {
  expect(await restore()).toMatchObject({ state: 'restored' });
  expect(await readFile(file, 'utf8')).toBe(RECORDED);
  expect((await lstat(file)).isSymbolicLink()).toBe(true);
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  expect(await names()).toEqual(['defaults', 'real', 'restarted']);
  await rm(join(folder, 'restarted'));
  expect(await restore()).toEqual({ state: 'unchanged' });
  expect(await names()).toEqual(['defaults', 'real']);
});

test('a record of something else does not get into the file', async () => {
  expect(await restore('evil::0:0::/:/bin/sh\n')).toMatchObject({ state: 'restored' });
  expect(await readFile(file, 'utf8')).toBe('# sizes in MB\nUSER=kamailio\n');
});

test('a file that is gone is named, and not made anew', async () => {
  await rm(join(folder, 'real'));
  expect(await restore()).toMatchObject({ state: 'failed', reason: expect.stringContaining(file) });
  expect(await names()).toEqual(['defaults']);
});

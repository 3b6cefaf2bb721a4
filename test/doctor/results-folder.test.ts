// Whether a campaign could keep its results: told before it starts, and without anything made or written.
import { readdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { resultsFolderRemark } from '../../src/doctor/results-folder.ts';
import { tempDir } from '../support/temp-dir.ts';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, statfs: vi.fn(real.statfs) };
});
const withFreeBytes = (bytes: number) =>
  vi.mocked(statfs).mockResolvedValueOnce({ bavail: bytes / 4096, bsize: 4096 } as never);

test('a file in the place of the folder, or of one above it, is a problem', async () => {
  const folder = await tempDir();
  await writeFile(join(folder, 'file'), '');
  for (const path of ['file', 'file/below', 'file/far/below'])
    expect(await resultsFolderRemark(join(folder, path))).toMatchObject({
      level: 'problem',
      seen: expect.stringContaining(`${join(folder, 'file')} is a file`),
      advice: expect.stringContaining('--out'),
    });
});

test.each([
  [2 ** 40, 'ok'],
  [50 * 2 ** 20, 'warning'],
  [4096, 'problem'],
])('%i bytes free: %s; a folder that is still to be made is not made', async (bytes, level) => {
  const folder = await tempDir();
  withFreeBytes(bytes);
  expect(await resultsFolderRemark(join(folder, 'new', 'results'))).toMatchObject({ level });
  expect(await readdir(folder)).toEqual([]);
});

test('what nobody may write, not even root', async () => {
  // Under /proc nothing can be made; whether its folder passes for one that can be written is the kernel's business.
  expect((await resultsFolderRemark('/proc/1/results')).level).not.toBe('ok');
});

// A folder with those above it, or an error: never a wait without end.
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../src/store/make-folder.ts';
import { tempDir } from '../support/temp-dir.ts';

test('makes what is missing, and is content with what is there', async () => {
  const path = join(await tempDir(), 'a', 'b', 'c');
  await makeFolder(path);
  await makeFolder(path);
  expect((await stat(path)).isDirectory()).toBe(true);
});

test('a file in its place, or above it', async () => {
  const file = join(await tempDir(), 'file');
  await writeFile(file, '');
  await expect(makeFolder(file)).rejects.toThrow('EEXIST');
  await expect(makeFolder(join(file, 'a'))).rejects.toThrow('ENOTDIR');
});

test('where no folder can be made, although the one above is there', async () => {
  await expect(makeFolder('/proc/siptune/results')).rejects.toThrow('ENOENT');
});

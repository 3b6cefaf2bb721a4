// Exported files on their way to a folder: all of them or none, and never over somebody else's.
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cannotWrite, UserError } from '../errors.ts';
import { plainText } from '../report/plain-text.ts';
import { makeFolder } from '../store/make-folder.ts';
import type { ExportedFile } from './exporter.ts';

/** Every file of ours says so near its top. */
const OURS = /found and proven by siptune/;

/** Paths of what was written. `force`: also over files that are not siptune's. */
export async function writeFiles(
  files: readonly ExportedFile[],
  dir: string,
  force: boolean,
): Promise<readonly string[]> {
  const planned = files.map((file) => ({
    ...file,
    path: join(dir, file.path),
    draft: join(dir, `.${file.path}.new`),
  }));
  if (!force)
    for (const { path } of planned)
      if (await isForeign(path))
        throw new UserError(
          `${plainText(path)} exists and is not siptune's: move it away, name another folder, or give --force`,
        );
  try {
    for (const { path } of planned) await refuseFolder(path);
    await makeFolder(dir);
    for (const { draft, text, mode } of planned) {
      // What an earlier, interrupted export left would keep its mode.
      await rm(draft, { force: true });
      await writeFile(draft, text, { mode, flag: 'wx' });
    }
    for (const { draft, path } of planned) await rename(draft, path);
  } catch (error) {
    await Promise.all(planned.map(({ draft }) => rm(draft, { force: true }).catch(() => {})));
    if (error instanceof UserError) throw error;
    throw cannotWrite(`the export to ${plainText(dir)}`, error);
  }
  return planned.map(({ path }) => path);
}

/** The one thing that a rename does not replace: found before any file is. */
async function refuseFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory())
    throw new UserError(
      `the export cannot be written: ${plainText(path)} is a folder. Move it away, or name another place`,
    );
}

async function isForeign(path: string): Promise<boolean> {
  try {
    return !OURS.test(await readFile(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder that is a file is told of when it is made.
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

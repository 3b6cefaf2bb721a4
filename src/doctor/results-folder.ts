// Whether a campaign could keep its results where they would go. Looked at only: nothing is made or written.
import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { writeProblemOf } from '../errors.ts';
import { note, ok, problem, type Remark, warning } from './finding.ts';

/** What the first lines of a journal need, and what the raw files of a long night have been seen to need. */
const LEAST_BYTES = 2 ** 20;
const WANTED_BYTES = 200 * 2 ** 20;
const WHAT = 'results folder';
const ELSEWHERE = 'or name another results folder with --out';

export async function resultsFolderRemark(resultsDir: string): Promise<Remark> {
  const { path, isFolder } = await nearest(resolve(resultsDir));
  if (!isFolder)
    return problem(WHAT, `${resultsDir} cannot be written: ${path} is a file`, `move it away, ${ELSEWHERE}`);
  const denied = await access(path, constants.W_OK).then(() => null, writeProblemOf);
  if (denied !== null) {
    const seen = `${resultsDir} cannot be written: ${denied.why}`;
    return denied.ofDisk ? problem(WHAT, seen, denied.todo) : note(WHAT, seen, denied.todo);
  }
  const { bavail, bsize } = await statfs(path);
  const freeBytes = bavail * bsize;
  const seen = `${resultsDir}: ${Math.floor(freeBytes / 2 ** 20).toLocaleString('en')} MiB are free`;
  if (freeBytes < LEAST_BYTES) return problem(WHAT, seen, `make room, ${ELSEWHERE}`);
  if (freeBytes < WANTED_BYTES)
    return warning(WHAT, seen, `a long campaign keeps more than that: make room, ${ELSEWHERE}`);
  return ok(WHAT, seen);
}

/** The folder itself, or the one in which it would be made. */
async function nearest(path: string): Promise<{ readonly path: string; readonly isFolder: boolean }> {
  const found = await stat(path).catch(() => null);
  if (found === null && dirname(path) !== path) return nearest(dirname(path));
  return { path, isFolder: found?.isDirectory() === true };
}

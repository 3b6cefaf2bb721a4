// CPU time of a process and of everything that it has started, whether that still runs or has been waited for.
import { readdir, readFile } from 'node:fs/promises';

/** One line of /proc/PID/stat, as far as it is needed. */
export interface StatRow {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** Its own, and that of its children that it has waited for: utime + stime + cutime + cstime (proc(5)). */
  readonly ticks: number;
}

/** null for what is no such line: a process may end while it is read. A name may hold blanks and brackets. */
export function parseStat(text: string): StatRow | null {
  const seen = /^(\d+) \((.*)\) \S (\d+) (.*)/s.exec(text);
  if (seen === null) return null;
  const [, pid, name = '', parent, rest = ''] = seen;
  // Fields 14 to 17 of the line; `rest` begins with the fifth.
  const ticks = rest
    .split(' ')
    .slice(9, 13)
    .reduce((sum, field) => sum + Number(field), 0);
  return { pid: Number(pid), parent: Number(parent), name, ticks };
}

/** Of `root` and its descendants; one with a name of `without` is left out, and so is all that it has started. */
export function treeTicks(rows: readonly StatRow[], root: number, without: ReadonlySet<string>): number {
  const below = (parent: number): number =>
    rows
      .filter((row) => row.parent === parent && !without.has(row.name))
      .reduce((sum, row) => sum + row.ticks + below(row.pid), 0);
  return (rows.find(({ pid }) => pid === root)?.ticks ?? 0) + below(root);
}

export async function readTreeTicks(root: number, without: ReadonlySet<string>): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return treeTicks(
    texts.flatMap((text) => parseStat(text) ?? []),
    root,
    without,
  );
}

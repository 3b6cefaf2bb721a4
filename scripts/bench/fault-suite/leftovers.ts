// What a campaign may have left besides settings: namespaces, and processes that it started. Those are recognised by a mark in
// their environment, which siptune hands on unknowingly: programs of others on this machine are never taken for its own.
import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly name: string;
}

const NAMESPACES = '/run/netns';
const MARK = 'SIPTUNE_FAULT_SUITE';

/** For the environment of siptune. */
export function marked(folder: string): Readonly<Record<string, string>> {
  return { [MARK]: folder };
}

export function labNamespaces(): readonly string[] {
  return entriesOf(NAMESPACES).filter((name) => /^siptune-(?:caller|router|callee)$/.test(name));
}

/** siptune, and all that came of it: router, generators, meters, the timer's watcher. */
export function processesOf(folder: string): readonly Process[] {
  const mark = `${MARK}=${folder}`;
  return entriesOf('/proc').flatMap((entry) => {
    const pid = Number(entry);
    // A zombie, which has ended, has no environment any more.
    if (!Number.isInteger(pid) || !textOf(`/proc/${pid}/environ`).split('\0').includes(mark)) return [];
    return [{ pid, name: textOf(`/proc/${pid}/comm`).trim() }];
  });
}

export function leftovers(folder: string): readonly string[] {
  return [
    ...labNamespaces().map((name) => `namespace ${name}`),
    ...processesOf(folder).map(({ pid, name }) => `process ${name} (${pid})`),
  ];
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

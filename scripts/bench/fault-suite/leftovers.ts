// What a campaign may have left besides settings: namespaces, and processes that were not there before.
import { readdirSync, readFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly name: string;
}

const NAMESPACES = '/run/netns';
const PROGRAMS = /^(?:sipp|kamailio|mpstat|netperf|netserver)$/;

export function labNamespaces(): readonly string[] {
  return entriesOf(NAMESPACES).filter((name) => /^siptune-(?:caller|router|callee)$/.test(name));
}

/** Programs that siptune runs, and whatever has siptune's name or the suite's folder in its command line. */
export function suspects(folder: string): readonly Process[] {
  return entriesOf('/proc').flatMap((entry) => {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid || pid === process.ppid) return [];
    const name = textOf(`/proc/${pid}/comm`).trim();
    const words = textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
    // A zombie has no command line: it has ended.
    if (words === '' || words.includes('fault-suite')) return [];
    return PROGRAMS.test(name) || words.includes(folder) || /\/siptune\b/.test(words) ? [{ pid, name }] : [];
  });
}

export function leftovers(before: readonly Process[], folder: string): readonly string[] {
  const known = new Set(before.map(({ pid }) => pid));
  return [
    ...labNamespaces().map((name) => `namespace ${name}`),
    ...suspects(folder)
      .filter(({ pid }) => !known.has(pid))
      .map(({ pid, name }) => `process ${name} (${pid})`),
  ];
}

/** Programs of that name in the lab. */
export function inLab(program: string): readonly Process[] {
  return suspects('\0').filter(({ name }) => name === program);
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

// The machine's processes by name, without changing or signalling any.
import type { Host } from '../targets/host.ts';

export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** As the kernel has it: at most 15 characters. */
  readonly name: string;
}

/** Kernel threads are left out; null where ps(1) is missing or says nothing. */
export async function listProcesses(machine: Host): Promise<readonly ProcessRow[] | null> {
  const result = await machine.run(['ps', '-e', '-o', 'pid=,ppid=,comm=']);
  const rows = [...result.stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(.+?)\s*$/gm)].map(
    ([, pid, parent, name = '']) => ({ pid: Number(pid), parent: Number(parent), name }),
  );
  return result.exitCode === 0 && rows.length > 0 ? rows : null;
}

/** Of a daemon and its children, the one that has no parent among them. */
export function mainProcess(rows: readonly ProcessRow[] | null, name: string): ProcessRow | undefined {
  const named = (rows ?? []).filter((row) => row.name === name);
  return named.find(({ parent }) => !named.some(({ pid }) => pid === parent));
}

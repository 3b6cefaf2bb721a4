// The test machine's control groups: who is in them is in the machine, and they are removed with it.
import { readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MACHINE } from './layout.ts';

/** Version 2 alone, or both versions side by side. */
const ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified'];
const PATIENCE_MS = 10_000;
const POLL_MS = 20;

/** Every process of the machine, as the host numbers them; none when it is off. */
export function processesOfMachine(): readonly number[] {
  return [...new Set(groups().flatMap(processesIn))];
}

/** A session of somebody who has just left is gone between the look at the folder and the look into it. */
function processesIn(folder: string): readonly number[] {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** Ends whatever runs in them, and removes them. */
export async function removeControlGroups(): Promise<void> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    for (const pid of processesOfMachine()) ended(() => process.kill(pid, 'SIGKILL'));
    // The innermost first. One that still has a dying process is busy.
    for (const folder of groups().reverse()) ended(() => rmdirSync(folder));
    if (groups().length === 0) return;
    if (performance.now() > untilMs)
      throw new Error(`the test machine's processes do not end: ${processesOfMachine().join(', ')}`);
    await setTimeout(POLL_MS);
  }
}

/** Its groups in every hierarchy, each before those inside it. */
function groups(): string[] {
  return ROOTS.flatMap((root) => foldersFrom(join(root, MACHINE.name)));
}

function foldersFrom(folder: string): string[] {
  try {
    const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [folder, ...inner.flatMap(({ name }) => foldersFrom(join(folder, name)))];
  } catch {
    return [];
  }
}

/** What is gone already, or not yet free, is met again in the next round. */
function ended(step: () => void): void {
  try {
    step();
  } catch {
    // See above.
  }
}

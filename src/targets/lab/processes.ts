// Whatever still runs inside the lab's namespaces is ended before they go, by process ID.
import type { Host } from '../host.ts';

/** After SIGTERM, before SIGKILL; and after SIGKILL. */
const GRACE_MS = 2_000;
const POLL_MS = 25;

export async function processesInside(
  machine: Host,
  namespaces: readonly string[],
): Promise<readonly string[]> {
  const listed = await Promise.all(namespaces.map((name) => machine.run(['ip', 'netns', 'pids', name])));
  return listed.flatMap(({ stdout }) => stdout.split('\n').filter((line) => line !== ''));
}

export async function endProcesses(machine: Host, namespaces: readonly string[]): Promise<void> {
  for (const signal of ['TERM', 'KILL']) {
    const deadlineMs = performance.now() + GRACE_MS;
    let pids = await processesInside(machine, namespaces);
    // Some may have ended by themselves: kill(1) then fails for those alone.
    if (pids.length > 0) await machine.run(['kill', '-s', signal, '--', ...pids]);
    while (pids.length > 0 && performance.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      pids = await processesInside(machine, namespaces);
    }
    if (pids.length === 0) return;
  }
}

// What is left of a router that a campaign started and could not end itself: recognised, and only then ended.
import type { Host } from '../targets/host.ts';

/**
 * A process ID may be somebody else's by now, and the list may come from a damaged file: only a process that was given
 * the campaign's own router folder as its working directory (-w of both products) is ours.
 */
export async function endLeftoverRouter(
  machine: Host,
  pids: readonly number[],
  routerDir: string,
  kill: (pid: number, signal: 'SIGTERM') => unknown = (pid, signal) =>
    machine.remote ? machine.run(['kill', '-s', 'TERM', String(pid)]) : process.kill(pid, signal),
): Promise<void> {
  const candidates = [...new Set(pids)].filter((pid) => Number.isSafeInteger(pid) && pid > 1);
  const paths = candidates.map((pid) => `/proc/${pid}/cmdline`);
  const cmdlines = await machine.readFiles(paths);
  for (const [index, pid] of candidates.entries()) {
    const ourselves = !machine.remote && pid === process.pid;
    if (ourselves || !cmdlines.get(paths[index] ?? '')?.includes(`\0-w\0${routerDir}\0`)) continue;
    try {
      await kill(pid, 'SIGTERM');
    } catch {
      // It ended by itself.
    }
  }
}

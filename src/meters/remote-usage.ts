// CPU and memory of processes of another machine, in the words of pidusage, which only looks at its own.
import type { Status } from 'pidusage';
import type { Host } from '../targets/host.ts';

export interface ProcConstants {
  readonly clockTicksPerS: number;
  readonly pageBytes: number;
}

const UPTIME = '/proc/uptime';

/** Fields of /proc/PID/stat after the name, which may hold anything: state is the first (proc(5), fields 14, 15, 22, 24). */
const FIELD = { utime: 11, stime: 12, starttime: 19, rss: 21 } as const;

/** Processes that have ended are left out. Shares are of the time since the look before, 0 in the first. */
export function createRemoteUsage(
  machine: Host,
  { clockTicksPerS, pageBytes }: ProcConstants,
): (pids: readonly number[]) => Promise<Readonly<Record<string, Status>>> {
  let before: ReadonlyMap<number, Status> = new Map();
  return async (pids) => {
    if (pids.length === 0) return {};
    const files = await machine.readFiles([UPTIME, ...pids.map((pid) => `/proc/${pid}/stat`)]);
    const uptimeMs = Number(files.get(UPTIME)?.split(' ')[0]) * 1000;
    const now = new Map<number, Status>();
    for (const pid of pids) {
      const text = files.get(`/proc/${pid}/stat`);
      const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
      if (!fields) continue;
      const number = (name: keyof typeof FIELD) => Number(fields[FIELD[name]]);
      const ctime = ((number('utime') + number('stime')) * 1000) / clockTicksPerS;
      const last = before.get(pid);
      const sinceMs = last ? uptimeMs - last.timestamp : 0;
      now.set(pid, {
        pid,
        ppid: Number(fields[1]),
        cpu: last && sinceMs > 0 ? (100 * (ctime - last.ctime)) / sinceMs : 0,
        memory: number('rss') * pageBytes,
        ctime,
        elapsed: uptimeMs - (number('starttime') * 1000) / clockTicksPerS,
        timestamp: uptimeMs,
      });
    }
    before = now;
    return Object.fromEntries(now);
  };
}

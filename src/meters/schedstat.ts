// /proc/PID/schedstat: to the nanosecond, how long the router's processes ran, and how long they waited for a CPU. Clock
// ticks are too coarse for many short-lived turns, and tell nothing of the waiting.
import type { Clock } from '../clock.ts';
import type { Host } from '../targets/host.ts';
import { lastOf } from './counters.ts';
import type { Meter, MeterReport } from './meter.ts';
import { createSampledMeter, type Look } from './sampled-meter.ts';

export interface RunTimes {
  readonly runMs: number;
  readonly waitMs: number;
}

/** By process ID. */
export type Runs = Readonly<Record<string, RunTimes>>;

const NS_PER_MS = 1e6;

export function createSchedstatMeter(machine: Host, clock: Clock): Meter {
  return createSampledMeter<Runs>({
    name: 'schedstat',
    clock,
    open: ({ processes }) => ({
      cheap: () => false,
      async read() {
        const pids = processes().flatMap(({ pid, role }) => (role === 'router' ? [pid] : []));
        const texts = await machine.readFiles(pids.map((pid) => `/proc/${pid}/schedstat`));
        return Object.fromEntries(
          pids.flatMap((pid) => {
            const times = parseSchedstat(texts.get(`/proc/${pid}/schedstat`) ?? '');
            return times === null ? [] : [[pid, times] as const];
          }),
        );
      },
      summarise: (looks) => schedstatReport(looks[0], lastOf(looks)),
    }),
  });
}

/** "1215851 5392836 3": run and wait in ns, then turns. Null where the kernel keeps no such times (without CONFIG_SCHED_INFO). */
export function parseSchedstat(text: string): RunTimes | null {
  const match = /^(\d+) (\d+) \d+\s*$/.exec(text);
  return match ? { runMs: Number(match[1]) / NS_PER_MS, waitMs: Number(match[2]) / NS_PER_MS } : null;
}

/** Of all its processes together: `routerRunPct` is 100 when they kept one CPU busy. {} when none is known. */
export function schedstatReport(first: Look<Runs>, last: Look<Runs>): MeterReport {
  const elapsedMs = last.atMs - first.atMs;
  const known = Object.entries(last.sample).flatMap(([pid, to]) => {
    const from = first.sample[pid];
    return from ? [{ runMs: to.runMs - from.runMs, waitMs: to.waitMs - from.waitMs }] : [];
  });
  if (known.length === 0 || elapsedMs <= 0) return {};
  const share = (times: readonly number[]) => (100 * times.reduce((sum, ms) => sum + ms, 0)) / elapsedMs;
  return {
    routerRunPct: share(known.map(({ runMs }) => runMs)),
    routerWaitPct: share(known.map(({ waitMs }) => waitMs)),
  };
}

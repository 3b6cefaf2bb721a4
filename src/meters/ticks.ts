// Hidden steal: on a shared machine the hypervisor may run somebody else without reporting steal. Then the ticks of a CPU,
// all states together, add up to less than the time that passed. So they do where it is often busy for less than a tick: idle time is
// measured, busy time only counted by the ticks that fall into it (kernel/time/tick-sched.c).
import type { Clock } from '../clock.ts';
import type { Host } from '../targets/host.ts';
import { lastOf } from './counters.ts';
import type { Meter, MeterReport } from './meter.ts';
import { type CpuTicksByCpu, parseProcStat } from './proc-stat.ts';
import { createSampledMeter, type Look } from './sampled-meter.ts';

/** Of the router's machine, and of siptune's, where that is another and has the generators. */
export const TICKS = 'ticks';
export const TICKS_OF_GENERATORS = 'ticks-generators';

/** Of a further machine with generators, from 1. */
export function ticksOfMachine(index: number): string {
  return `${TICKS_OF_GENERATORS}-${index}`;
}

export function createTicksMeter(
  machine: Host,
  clockTicksPerS: number,
  clock: Clock,
  name: string = TICKS,
  /** Those of interest; undefined: all. */
  cpus?: readonly number[],
): Meter {
  return createSampledMeter<CpuTicksByCpu>({
    name,
    clock,
    open: () => ({
      read: () => readProcStat(machine),
      summarise: (looks) => ticksReport(looks[0], lastOf(looks), clockTicksPerS, cpus),
    }),
  });
}

export async function readProcStat(machine: Host): Promise<CpuTicksByCpu> {
  const text = (await machine.readFiles(['/proc/stat'])).get('/proc/stat');
  if (text === null || text === undefined) throw new Error(`/proc/stat cannot be read on ${machine.label}`);
  return parseProcStat(text);
}

/**
 * Of the ticks of a moment that ends before the next one, about this share is missed: work begins with a timer, so just after a
 * tick. Measured on 200 windows of a router's CPU: one that was busy for 60 % of the time lacked 13 to 19 % of its ticks, one
 * that was busy for 95 % lacked 2 to 6 %.
 */
const MISSED_OF_SHORT_MOMENTS = 0.5;

/**
 * `cpuNTicksShare` is 1 when every tick is accounted for; short windows are coarse (a tick is 10 ms at HZ = 100). `cpuNNotIdlePct`
 * is what idle time leaves of the time that passed. `worstHiddenStealPct` is what is missing of a CPU's time beyond what short
 * busy moments explain: they end in idleness, so there are no more of them than there is of either.
 */
export function ticksReport(
  first: Look<CpuTicksByCpu>,
  last: Look<CpuTicksByCpu>,
  clockTicksPerS: number,
  of?: readonly number[],
): MeterReport {
  const possible = ((last.atMs - first.atMs) / 1000) * clockTicksPerS;
  if (possible <= 0) return {};
  const cpus = Object.entries(last.sample).flatMap(([cpu, to]) => {
    const from = first.sample[cpu];
    if (cpu === 'all' || from === undefined || of?.includes(Number(cpu)) === false) return [];
    const ticksShare = (to.total - from.total) / possible;
    const notIdleShare = Math.min(1, Math.max(0, 1 - (to.idle - from.idle) / possible));
    const explained = MISSED_OF_SHORT_MOMENTS * Math.min(notIdleShare, 1 - notIdleShare);
    const stealPct = (100 * (to.steal - from.steal)) / possible;
    return { cpu, ticksShare, notIdleShare, hiddenStealPct: 100 * (1 - ticksShare - explained), stealPct };
  });
  if (cpus.length === 0) return {};
  return {
    ...Object.fromEntries(
      cpus.flatMap(({ cpu, ticksShare, notIdleShare }) => [
        [`cpu${cpu}TicksShare`, ticksShare],
        [`cpu${cpu}NotIdlePct`, 100 * notIdleShare],
      ]),
    ),
    worstHiddenStealPct: Math.max(0, ...cpus.map(({ hiddenStealPct }) => hiddenStealPct)),
    worstStealPct: Math.max(...cpus.map(({ stealPct }) => stealPct)),
    elapsedMs: last.atMs - first.atMs,
  };
}

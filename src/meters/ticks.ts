// Hidden steal: on a shared machine the hypervisor may run somebody else without reporting steal. Then the ticks of a CPU,
// all states together, add up to less than the time that passed.
import type { Clock } from '../clock.ts';
import type { Host } from '../targets/host.ts';
import { lastOf } from './counters.ts';
import type { Meter, MeterReport } from './meter.ts';
import { type CpuTicksByCpu, parseProcStat } from './proc-stat.ts';
import { createSampledMeter, type Look } from './sampled-meter.ts';

export function createTicksMeter(
  machine: Host,
  clockTicksPerS: number,
  clock: Clock,
  name: 'ticks' | 'ticks-generators' = 'ticks',
): Meter {
  return createSampledMeter<CpuTicksByCpu>({
    name,
    clock,
    open: () => ({
      read: () => readProcStat(machine),
      summarise: (looks) => ticksReport(looks[0], lastOf(looks), clockTicksPerS),
    }),
  });
}

export async function readProcStat(machine: Host): Promise<CpuTicksByCpu> {
  const text = (await machine.readFiles(['/proc/stat'])).get('/proc/stat');
  if (text === null || text === undefined) throw new Error(`/proc/stat cannot be read on ${machine.label}`);
  return parseProcStat(text);
}

/**
 * `cpuNTicksShare` is 1 when every tick is accounted for; short windows are coarse (a tick is 10 ms at HZ = 100). `cpuNNotIdlePct`
 * is what idle time leaves of the time that passed.
 */
export function ticksReport(
  first: Look<CpuTicksByCpu>,
  last: Look<CpuTicksByCpu>,
  clockTicksPerS: number,
): MeterReport {
  const possible = ((last.atMs - first.atMs) / 1000) * clockTicksPerS;
  if (possible <= 0) return {};
  const report: Record<string, number> = {};
  let worstTicksShare = Number.POSITIVE_INFINITY;
  let worstStealPct = 0;
  for (const [cpu, to] of Object.entries(last.sample)) {
    const from = first.sample[cpu];
    if (cpu === 'all' || from === undefined) continue;
    const share = (to.total - from.total) / possible;
    report[`cpu${cpu}TicksShare`] = share;
    report[`cpu${cpu}NotIdlePct`] = Math.min(100, Math.max(0, 100 * (1 - (to.idle - from.idle) / possible)));
    worstTicksShare = Math.min(worstTicksShare, share);
    worstStealPct = Math.max(worstStealPct, (100 * (to.steal - from.steal)) / possible);
  }
  const elapsedMs = last.atMs - first.atMs;
  return Number.isFinite(worstTicksShare) ? { ...report, worstTicksShare, worstStealPct, elapsedMs } : {};
}

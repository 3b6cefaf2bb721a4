// The rate at which the router's CPUs are full: what no setting of the kernel or of the router can give. From the CPU time
// that a call costs, in a trial that was carried.
import type { SteadyPlan } from '../load/load.ts';
import { busyPct } from '../meters/busy.ts';
import type { MeterReport } from '../meters/meter.ts';

export interface CpuBound {
  readonly cpuMsPerCall: number;
  /** At that cost, the router's CPUs have no time left. */
  readonly fullAtCps: number;
}

/** CPU shares of shorter windows are too coarse. */
const MIN_WINDOW_MS = 2_000;

/** Null when the meters did not see it. */
export function cpuBoundOf(
  plan: SteadyPlan,
  meters: Readonly<Record<string, MeterReport>>,
  routerCpus: readonly number[],
): CpuBound | null {
  const runPct = meters.schedstat?.routerRunPct;
  if (runPct === undefined || plan.windowMs < MIN_WINDOW_MS || routerCpus.length === 0) return null;
  const ofCpus = (share: (cpu: number) => number | undefined) =>
    routerCpus.reduce((sum, cpu) => sum + (share(cpu) ?? 0), 0);
  const softPct = ofCpus((cpu) => meters.mpstat?.[`cpu${cpu}SoftPct`]);
  const notIdlePct = ofCpus((cpu) => busyPct(meters, cpu));
  // A kernel without CONFIG_IRQ_TIME_ACCOUNTING charges the softirq to the process that it interrupted, too: the two
  // together are never more than the time for which the CPUs were busy.
  const usedPct = Math.max(runPct, Math.min(runPct + softPct, notIdlePct));
  if (usedPct <= 0) return null;
  return {
    cpuMsPerCall: (usedPct * 10) / plan.rateCps,
    fullAtCps: (plan.rateCps * 100 * routerCpus.length) / usedPct,
  };
}

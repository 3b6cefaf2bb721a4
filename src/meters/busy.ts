// How busy a CPU was. Its idle time is measured by the kernel where ticks stop in it (tick-sched.c), but busy time is counted by the
// ticks that fall into it: many moments that are shorter than a tick may be missed, and mpstat's shares are then too small.
import type { MeterReport } from './meter.ts';

/** 0 to 100; undefined where no meter saw that CPU. */
export function busyPct(meters: Readonly<Record<string, MeterReport>>, cpu: number): number | undefined {
  return meters.ticks?.[`cpu${cpu}NotIdlePct`] ?? meters.mpstat?.[`cpu${cpu}BusyPct`];
}

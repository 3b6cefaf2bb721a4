// /proc/net/softnet_stat: packets that each CPU took off the wire, and those that its backlog (netdev_max_backlog) refused.
// The counters belong to the machine even when read inside a namespace.
import type { Clock } from '../clock.ts';
import type { Host } from '../targets/host.ts';
import { increase32, lastOf } from './counters.ts';
import type { Meter, MeterReport } from './meter.ts';
import { createSampledMeter } from './sampled-meter.ts';

export interface SoftnetCpu {
  readonly cpu: number;
  readonly processed: number;
  readonly dropped: number;
  readonly timeSqueeze: number;
  readonly receivedRps: number;
  /** Packets waiting now; 0 on kernels before 5.10, which do not tell. */
  readonly backlogPackets: number;
}

const PATH = '/proc/net/softnet_stat';

export function createSoftnetMeter(machine: Host, clock: Clock): Meter {
  return createSampledMeter<readonly SoftnetCpu[]>({
    name: 'softnet',
    clock,
    open: () => ({
      read: () => readSoftnet(machine),
      summarise: (looks) => ({
        ...softnetReport(looks[0].sample, lastOf(looks).sample),
        backlogPeakPackets: Math.max(
          0,
          ...looks.flatMap(({ sample }) => sample.map((cpu) => cpu.backlogPackets)),
        ),
      }),
    }),
  });
}

export async function readSoftnet(machine: Host): Promise<readonly SoftnetCpu[]> {
  const text = (await machine.readFiles([PATH])).get(PATH);
  if (text === null || text === undefined) throw new Error(`${PATH} cannot be read on ${machine.label}`);
  return parseSoftnet(text);
}

/** Hexadecimal columns from 0. Offline CPUs have no line, so the CPU comes from column 12 where there is one. */
export function parseSoftnet(text: string): readonly SoftnetCpu[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const columns = line.trim().split(/\s+/);
      const column = (n: number) => Number.parseInt(columns[n] ?? '0', 16);
      return {
        cpu: columns.length > 12 ? column(12) : index,
        processed: column(0),
        dropped: column(1),
        timeSqueeze: column(2),
        receivedRps: column(9),
        backlogPackets: column(11),
      };
    });
}

export function softnetReport(first: readonly SoftnetCpu[], last: readonly SoftnetCpu[]): MeterReport {
  const report: Record<string, number> = {};
  const totals = { processed: 0, dropped: 0, timeSqueeze: 0, receivedRps: 0 };
  for (const to of last) {
    const from = first.find(({ cpu }) => cpu === to.cpu);
    if (!from) continue;
    for (const name of ['processed', 'dropped', 'timeSqueeze', 'receivedRps'] as const)
      totals[name] += increase32(from[name], to[name]);
    report[`cpu${to.cpu}Dropped`] = increase32(from.dropped, to.dropped);
    report[`cpu${to.cpu}TimeSqueeze`] = increase32(from.timeSqueeze, to.timeSqueeze);
  }
  return { ...totals, ...report };
}

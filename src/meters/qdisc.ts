// Queue disciplines of the router's devices: packets that were dropped, held back or requeued on the way out.
import type { Clock } from '../clock.ts';
import type { Host } from '../targets/host.ts';
import { increases, lastOf } from './counters.ts';
import type { Meter, MeterReport } from './meter.ts';
import { createSampledMeter } from './sampled-meter.ts';

export interface DeviceQueue {
  readonly device: string;
  readonly kind: string;
  readonly drops: number;
  readonly overlimits: number;
  readonly requeues: number;
  readonly backlogPackets: number;
}

const COUNTERS = ['drops', 'overlimits', 'requeues'] as const;

export function createQdiscMeter(routerHost: Host, devices: readonly string[], clock: Clock): Meter {
  return createSampledMeter<readonly DeviceQueue[]>({
    name: 'qdisc',
    // A process for each look: not at the edges of the window, where it would disturb the router that is measured.
    span: 'offer',
    clock,
    open() {
      let mayQueue = true;
      return {
        // tc(8) is the dearest of all looks; where no device has a queue there is nothing to see between start and stop.
        cheap: () => mayQueue,
        async read() {
          const queues = await readQdiscs(routerHost, devices);
          mayQueue = queues.some(({ kind }) => kind !== 'noqueue');
          return queues;
        },
        summarise: (looks) => ({
          ...qdiscReport(looks[0].sample, lastOf(looks).sample),
          backlogPeakPackets: Math.max(
            0,
            ...looks.flatMap(({ sample }) => sample.map(({ backlogPackets }) => backlogPackets)),
          ),
        }),
      };
    },
  });
}

/** All devices in one process; which are ours is decided here. */
export async function readQdiscs(
  routerHost: Host,
  devices: readonly string[],
): Promise<readonly DeviceQueue[]> {
  const result = await routerHost.run(['tc', '-s', '-j', 'qdisc', 'show']);
  if (result.notFound)
    throw new Error('tc is missing (package iproute2): drops of the queue disciplines are unknown');
  if (result.exitCode !== 0) throw new Error(`tc failed on ${routerHost.label}: ${result.stderr.trim()}`);
  return parseQdiscs(result.stdout, devices);
}

/** Root disciplines only: a root (HTB, TBF, mq) counts the drops of its leaves as its own, so leaves would count twice. */
export function parseQdiscs(json: string, devices: readonly string[]): readonly DeviceQueue[] {
  const rows = JSON.parse(json) as Readonly<Record<string, unknown>>[];
  const number = (value: unknown) => (typeof value === 'number' ? value : 0);
  return rows
    .filter((row) => row.root === true && devices.includes(String(row.dev)))
    .map((row) => ({
      device: String(row.dev),
      kind: String(row.kind),
      drops: number(row.drops),
      overlimits: number(row.overlimits),
      requeues: number(row.requeues),
      backlogPackets: number(row.qlen),
    }));
}

export function qdiscReport(first: readonly DeviceQueue[], last: readonly DeviceQueue[]): MeterReport {
  const totals = { drops: 0, overlimits: 0, requeues: 0 };
  const perDevice: Record<string, number> = {};
  for (const to of last) {
    const from = first.find(({ device, kind }) => device === to.device && kind === to.kind);
    const grown = increases(from ?? {}, to, COUNTERS);
    for (const name of COUNTERS) totals[name] += grown[name];
    perDevice[`${to.device}Drops`] = grown.drops;
  }
  return { ...totals, ...perDevice };
}

// /sys/class/net/DEVICE/statistics of the router's devices: what the device itself lost. Packets that the softnet backlog
// refused appear in rxDropped as well: never add the two up.
import type { Clock } from '../clock.ts';
import { increases, lastOf } from './counters.ts';
import type { Meter } from './meter.ts';
import type { FileTexts, NamespaceFiles } from './namespace-files.ts';
import { createSampledMeter } from './sampled-meter.ts';

const FILES = {
  rxDropped: 'rx_dropped',
  txDropped: 'tx_dropped',
  rxErrors: 'rx_errors',
  txErrors: 'tx_errors',
  /** The device had no buffer left for it; drivers choose one name or the other. */
  rxMissed: 'rx_missed_errors',
  rxFifoErrors: 'rx_fifo_errors',
} as const;
type Counter = keyof typeof FILES;
const COUNTERS = Object.keys(FILES) as Counter[];

export type LinkCounters = Readonly<Record<string, Readonly<Record<Counter, number>>>>;

export function createLinkMeter(files: NamespaceFiles, devices: readonly string[], clock: Clock): Meter {
  const paths = devices.flatMap((device) => COUNTERS.map((counter) => pathOf(device, counter)));
  return createSampledMeter<LinkCounters>({
    name: 'link',
    clock,
    async open() {
      await files.open();
      return {
        read: async () => linkCounters(await files.read(paths), devices, files.label),
        summarise(looks) {
          const totals = Object.fromEntries(COUNTERS.map((counter) => [counter, 0])) as Record<
            Counter,
            number
          >;
          for (const [device, to] of Object.entries(lastOf(looks).sample)) {
            const grown = increases(looks[0].sample[device] ?? {}, to, COUNTERS);
            for (const counter of COUNTERS) totals[counter] += grown[counter];
          }
          return totals;
        },
        close: () => files.close(),
      };
    },
  });
}

function linkCounters(texts: FileTexts, devices: readonly string[], label: string): LinkCounters {
  return Object.fromEntries(
    devices.map((device) => {
      const counters = COUNTERS.map((counter) => {
        const text = texts.get(pathOf(device, counter)) ?? null;
        if (text === null) throw new Error(`device ${device} does not exist on ${label}`);
        return [counter, Number(text)] as const;
      });
      return [device, Object.fromEntries(counters) as Record<Counter, number>] as const;
    }),
  );
}

function pathOf(device: string, counter: Counter): string {
  return `/sys/class/net/${device}/statistics/${FILES[counter]}`;
}

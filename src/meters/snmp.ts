// /proc/net/snmp: UDP (IPv4) as a whole namespace saw it. Programs that share a namespace share these counters; whose
// socket dropped is the business of the sockets meter.
import type { Clock } from '../clock.ts';
import { increases, lastOf } from './counters.ts';
import type { Meter } from './meter.ts';
import type { NamespaceFiles } from './namespace-files.ts';
import { createSampledMeter } from './sampled-meter.ts';

/**
 * `inErrors` includes `rcvbufErrors` (and `memErrors`): never add them up. `sndbufErrors` includes datagrams that a queue
 * discipline refused, which the qdisc meter counts as drops.
 */
const NAMES = {
  InDatagrams: 'inDatagrams',
  OutDatagrams: 'outDatagrams',
  NoPorts: 'noPorts',
  InErrors: 'inErrors',
  RcvbufErrors: 'rcvbufErrors',
  SndbufErrors: 'sndbufErrors',
  MemErrors: 'memErrors',
} as const;
type Counter = (typeof NAMES)[keyof typeof NAMES];

export type UdpCounters = Readonly<Partial<Record<Counter, number>>>;

const PATH = '/proc/net/snmp';

export function createSnmpMeter(
  side: 'router' | 'caller' | 'callee',
  files: NamespaceFiles,
  clock: Clock,
): Meter {
  return createSampledMeter<UdpCounters>({
    name: `snmp-${side}`,
    clock,
    async open() {
      await files.open();
      return {
        async read() {
          const text = (await files.read([PATH])).get(PATH);
          const counters = parseSnmpUdp(text ?? '');
          if (counters === null) throw new Error(`${PATH} cannot be read on ${files.label}`);
          return counters;
        },
        // A counter that this kernel does not have (MemErrors before 5.11) stays out of the report.
        summarise: (looks) => {
          const last = lastOf(looks).sample;
          return increases(looks[0].sample, last, Object.keys(last) as Counter[]);
        },
        close: () => files.close(),
      };
    },
  });
}

/** The kernel writes two "Udp:" lines, names above values; null when they are not there. */
export function parseSnmpUdp(text: string): UdpCounters | null {
  const [names, values] = text
    .split('\n')
    .filter((line) => line.startsWith('Udp: '))
    .map((line) => line.trim().split(' '));
  if (!names || !values) return null;
  const found = names.map(
    (name, column) => [NAMES[name as keyof typeof NAMES], Number(values[column])] as const,
  );
  return Object.fromEntries(found.filter(([name]) => name !== undefined));
}

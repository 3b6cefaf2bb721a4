// TCP as the router's namespace saw it. Its sockets drop nothing that was acknowledged: what the kernel sent again, and
// connections that found the accept queue full, is all that there is to count.
import type { Clock } from '../clock.ts';
import { increases, lastOf } from './counters.ts';
import type { Meter } from './meter.ts';
import type { NamespaceFiles } from './namespace-files.ts';
import { createSampledMeter } from './sampled-meter.ts';

const NAMES = {
  RetransSegs: 'retransmittedSegments',
  InErrs: 'inErrors',
  PassiveOpens: 'acceptedConnections',
  ActiveOpens: 'openedConnections',
  AttemptFails: 'failedConnections',
  // A connection request that was refused for the queue is in both: never add them up.
  ListenOverflows: 'acceptQueueOverflows',
  ListenDrops: 'acceptQueueDrops',
} as const;
type Counter = (typeof NAMES)[keyof typeof NAMES];

export type TcpCounters = Readonly<Partial<Record<Counter, number>>>;

/** The usual counters, and the kernel's further ones. */
const PATHS = { Tcp: '/proc/net/snmp', TcpExt: '/proc/net/netstat' } as const;

export function createTcpMeter(files: NamespaceFiles, clock: Clock): Meter {
  return createSampledMeter<TcpCounters>({
    name: 'tcp-router',
    clock,
    async open() {
      await files.open();
      return {
        async read() {
          const texts = await files.read(Object.values(PATHS));
          return {
            ...parseTcp(texts.get(PATHS.Tcp) ?? '', 'Tcp'),
            ...parseTcp(texts.get(PATHS.TcpExt) ?? '', 'TcpExt'),
          };
        },
        summarise: (looks) => {
          const last = lastOf(looks).sample;
          return increases(looks[0].sample, last, Object.keys(last) as Counter[]);
        },
        close: () => files.close(),
      };
    },
  });
}

/** Two lines of each group, names above values; a counter that this kernel does not have stays out. */
export function parseTcp(text: string, group: keyof typeof PATHS): TcpCounters {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith(`${group}: `))
    .map((line) => line.trim().split(' '));
  const found = names.map(
    (name, column) => [NAMES[name as keyof typeof NAMES], Number(values[column])] as const,
  );
  return Object.fromEntries(found.filter(([name]) => name !== undefined));
}

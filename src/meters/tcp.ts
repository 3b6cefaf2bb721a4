// TCP as the router's namespace saw it. Its sockets drop nothing that was acknowledged: what the kernel sent again is all that
// there is to count. Connections that found the accept queue full are in the netstat meter.
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
} as const;
type Counter = (typeof NAMES)[keyof typeof NAMES];

export type TcpCounters = Readonly<Partial<Record<Counter, number>>>;

const PATH = '/proc/net/snmp';

export function createTcpMeter(files: NamespaceFiles, clock: Clock): Meter {
  return createSampledMeter<TcpCounters>({
    name: 'tcp-router',
    clock,
    async open() {
      await files.open();
      return {
        async read() {
          return parseTcp((await files.read([PATH])).get(PATH) ?? '');
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

/** Two "Tcp:" lines, names above values; a counter that this kernel does not have stays out. */
export function parseTcp(text: string): TcpCounters {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('Tcp: '))
    .map((line) => line.trim().split(' '));
  const found = names.map(
    (name, column) => [NAMES[name as keyof typeof NAMES], Number(values[column])] as const,
  );
  return Object.fromEntries(found.filter(([name]) => name !== undefined));
}

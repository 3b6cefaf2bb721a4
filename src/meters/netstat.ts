// What refused connections and flows in the router's namespace: full accept queues (/proc/net/netstat, of TCP) and connection
// tracking (/proc/net/stat/nf_conntrack). Both are absent or flat where only UDP is used and nothing is tracked.
import type { Clock } from '../clock.ts';
import { increases, lastOf } from './counters.ts';
import type { Meter } from './meter.ts';
import type { NamespaceFiles } from './namespace-files.ts';
import { createSampledMeter } from './sampled-meter.ts';

const TCP_NAMES = { ListenOverflows: 'listenOverflows', ListenDrops: 'listenDrops' } as const;
const CONNTRACK_NAMES = {
  drop: 'conntrackDrop',
  insert_failed: 'conntrackInsertFailed',
  early_drop: 'conntrackEarlyDrop',
} as const;

export type Refusals = Readonly<Record<string, number>>;

const NETSTAT = '/proc/net/netstat';
const CONNTRACK = '/proc/net/stat/nf_conntrack';

export function createNetstatMeter(files: NamespaceFiles, clock: Clock): Meter {
  return createSampledMeter<Refusals>({
    name: 'netstat',
    clock,
    async open() {
      await files.open();
      return {
        // Nothing of it is needed between the start and the stop.
        cheap: () => false,
        async read() {
          const texts = await files.read([NETSTAT, CONNTRACK]);
          return { ...parseListens(texts.get(NETSTAT) ?? ''), ...parseConntrack(texts.get(CONNTRACK) ?? '') };
        },
        summarise(looks) {
          const last = lastOf(looks).sample;
          return increases(looks[0].sample, last, Object.keys(last));
        },
        close: () => files.close(),
      };
    },
  });
}

/** Two "TcpExt:" lines, names above values. */
export function parseListens(text: string): Refusals {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt: '))
    .map((line) => line.trim().split(' '));
  return pick(TCP_NAMES, (name) => {
    const column = names.indexOf(name);
    return column === -1 ? undefined : Number(values[column]);
  });
}

/** A line of names, then one line of hexadecimal numbers for each CPU. */
export function parseConntrack(text: string): Refusals {
  const [names = [], ...cpus] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return pick(CONNTRACK_NAMES, (name) => {
    const column = names.indexOf(name);
    if (column === -1) return undefined;
    return cpus.reduce((sum, values) => sum + Number.parseInt(values[column] ?? '0', 16), 0);
  });
}

function pick(
  names: Readonly<Record<string, string>>,
  readOne: (name: string) => number | undefined,
): Refusals {
  return Object.fromEntries(
    Object.entries(names).flatMap(([name, key]) => {
      const value = readOne(name);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

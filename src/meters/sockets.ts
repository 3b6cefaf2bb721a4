// Whose socket dropped: drops and queues of the router's sockets and of the generators', told apart by port. Namespace-wide
// counters cannot tell, and a generator that drops would look like a router that does.
import type { Clock } from '../clock.ts';
import { percentile } from '../stats/percentiles.ts';
import type { Host } from '../targets/host.ts';
import { increase, lastOf } from './counters.ts';
import type { Meter, MeterReport } from './meter.ts';
import type { NamespaceFiles } from './namespace-files.ts';
import { createSampledMeter, type Look, messageOf } from './sampled-meter.ts';
import { parseProcNetUdp, parseSsRcvbufBytes, UDP_SOCKET_PATHS, type UdpSocket } from './udp-sockets.ts';

/** Two looks agree by chance too easily. */
const MIN_LOOKS_IN_HALF = 3;

export interface SocketsSample {
  readonly router: readonly UdpSocket[];
  readonly generator: readonly UdpSocket[];
}

/** Whose sockets, and where they are seen. */
export interface SocketsPlaces {
  readonly routerFiles: NamespaceFiles;
  /** Caller's and callee's namespace; each once. */
  readonly generatorFiles: readonly NamespaceFiles[];
  readonly routerPort: number;
  readonly generatorPorts: readonly number[];
}

export interface SocketsDeps extends SocketsPlaces {
  readonly routerHost: Host;
  readonly clock: Clock;
}

export function createSocketsMeter(deps: SocketsDeps): Meter {
  const { routerFiles, generatorFiles, routerPort } = deps;
  const everyone = [...new Set([routerFiles, ...generatorFiles])];
  return createSampledMeter<SocketsSample>({
    name: 'sockets',
    clock: deps.clock,
    async open() {
      const faults: string[] = [];
      let rcvbufBytes: Promise<number | null> | undefined;
      await Promise.all(everyone.map((files) => files.open()));
      return {
        faults,
        read: () => readSockets(deps),
        // A buffer keeps its size as long as its socket lives: one look is enough, when nothing is disturbed by it any more.
        ending() {
          rcvbufBytes = readRcvbufBytes(deps.routerHost, routerPort).catch((error: unknown) => {
            faults.push(messageOf(error));
            return null;
          });
        },
        async summarise(looks) {
          const bytes = (await rcvbufBytes) ?? null;
          return { ...socketsReport(looks), ...(bytes === null ? {} : { routerRcvbufBytes: bytes }) };
        },
        close: async () => void (await Promise.all(everyone.map((files) => files.close()))),
      };
    },
  });
}

export async function readSockets({
  routerFiles,
  generatorFiles,
  routerPort,
  generatorPorts,
}: SocketsPlaces): Promise<SocketsSample> {
  const [router, ...generators] = await Promise.all([
    socketsOn(routerFiles, [routerPort]),
    ...generatorFiles.map((files) => socketsOn(files, generatorPorts)),
  ]);
  return { router, generator: generators.flat() };
}

async function socketsOn(files: NamespaceFiles, ports: readonly number[]): Promise<readonly UdpSocket[]> {
  const texts = await files.read(UDP_SOCKET_PATHS);
  // udp6 is missing where IPv6 is off.
  if ((texts.get('/proc/net/udp') ?? null) === null)
    throw new Error(`/proc/net/udp cannot be read on ${files.label}`);
  return UDP_SOCKET_PATHS.flatMap((path) => parseProcNetUdp(texts.get(path) ?? '', ports));
}

/** The smallest buffer on the port, which is the one that fills first; null when nothing listens. */
async function readRcvbufBytes(host: Host, port: number): Promise<number | null> {
  const result = await host.run(['ss', '-uanmH', `sport = :${port}`]);
  if (result.notFound)
    throw new Error('ss is missing (package iproute2): the receive buffer in force is unknown');
  const buffers = parseSsRcvbufBytes(result.stdout, port);
  return buffers.length === 0 ? null : Math.min(...buffers);
}

export function socketsReport(looks: readonly [Look<SocketsSample>, ...Look<SocketsSample>[]]): MeterReport {
  const peak = (side: keyof SocketsSample) =>
    Math.max(0, ...looks.map(({ sample }) => longestQueue(sample[side])));
  return {
    routerDrops: dropsOf(looks, 'router'),
    routerRcvqPeakBytes: peak('router'),
    routerRcvqLastBytes: longestQueue(lastOf(looks).sample.router),
    ...queueTrend(looks.map(({ sample }) => longestQueue(sample.router))),
    generatorDrops: dropsOf(looks, 'generator'),
    generatorRcvqPeakBytes: peak('generator'),
  };
}

/** Medians of the first and of the last half of the looks: a single long queue is chance. */
function queueTrend(lengths: readonly number[]): MeterReport {
  const half = Math.floor(lengths.length / 2);
  if (half < MIN_LOOKS_IN_HALF) return {};
  return {
    routerRcvqEarlyBytes: medianOf(lengths.slice(0, half)),
    routerRcvqLateBytes: medianOf(lengths.slice(-half)),
  };
}

function medianOf(lengths: readonly number[]): number {
  return percentile(Float64Array.from(lengths), 0.5);
}

function longestQueue(sockets: readonly UdpSocket[]): number {
  return Math.max(0, ...sockets.map(({ rcvqBytes }) => rcvqBytes));
}

/** Per socket, so that one that closes in the window takes no drops away and one that opens brings only its own. */
export function dropsOf(
  looks: readonly [Look<SocketsSample>, ...Look<SocketsSample>[]],
  side: keyof SocketsSample,
): number {
  const before = new Map(looks[0].sample[side].map(({ id, drops }) => [id, drops]));
  const after = new Map(
    looks.flatMap(({ sample }) => sample[side].map(({ id, drops }) => [id, drops] as const)),
  );
  return [...after].reduce((sum, [id, drops]) => sum + increase(before.get(id) ?? 0, drops), 0);
}

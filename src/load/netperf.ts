// netperf: the raw network beside the SIP result. Request/response rates and a UDP stream, caller to router.
import { UserError } from '../errors.ts';
import type { Host } from '../targets/host.ts';

export type NetperfReport =
  | {
      readonly state: 'measured';
      readonly udpRrPerS: number;
      readonly tcpRrPerS: number;
      readonly udpStreamSentMbitPerS: number;
      readonly udpStreamReceivedMbitPerS: number;
      readonly udpStreamLoss: number;
    }
  | { readonly state: 'absent'; readonly reason: string };

export interface NetperfDeps {
  readonly serverHost: Host;
  readonly clientHost: Host;
  readonly serverAddress: string;
  readonly serverCpus: string;
  readonly clientCpus: string;
  /** Length of each of the three tests. */
  readonly seconds: number;
}

/** Beside netperf's own 12865, which a netserver of the operator's may hold. */
const CONTROL_PORT = 12_900;
/** About a SIP message. */
const DATAGRAM_BYTES = 600;
const START_TIMEOUT_MS = 2_000;
const ABSENT = "netperf is not installed (Debian's package netperf, in non-free)";

export function createNetperf(deps: NetperfDeps): { run(signal: AbortSignal): Promise<NetperfReport> } {
  const { serverHost, clientHost, serverAddress, serverCpus, clientCpus, seconds } = deps;

  /** `-k` prints KEY=value lines, one per output selector (netperf's omni tests). */
  const test = async (name: string, keys: readonly string[], more: readonly string[] = []) => {
    const result = await clientHost.run(
      [
        ...['taskset', '-c', clientCpus, 'netperf', '-4', '-H', serverAddress, '-p', String(CONTROL_PORT)],
        ...['-t', name, '-l', String(seconds), '-P', '0', '--', ...more, '-k', keys.join(',')],
      ],
      { timeoutMs: (seconds + 10) * 1_000 },
    );
    return result.exitCode === 0
      ? { state: 'measured' as const, values: parseKeyedOutput(result.stdout) }
      : { state: 'failed' as const, reason: `netperf ${name}: ${firstLine(result.stderr || result.stdout)}` };
  };

  const measure = async (signal: AbortSignal): Promise<NetperfReport> => {
    const values = new Map<string, number>();
    for (const [name, keys, more] of TESTS) {
      if (signal.aborted) return { state: 'absent', reason: 'interrupted' };
      const outcome = await test(name, keys, more);
      if (outcome.state === 'failed') return { state: 'absent', reason: outcome.reason };
      for (const [key, value] of outcome.values) values.set(`${name}.${key}`, value);
    }
    const of = (key: string) => values.get(key) ?? 0;
    const sent = of('UDP_STREAM.LOCAL_SEND_THROUGHPUT');
    const received = of('UDP_STREAM.REMOTE_RECV_THROUGHPUT');
    return {
      state: 'measured',
      udpRrPerS: of('UDP_RR.THROUGHPUT'),
      tcpRrPerS: of('TCP_RR.THROUGHPUT'),
      udpStreamSentMbitPerS: sent,
      udpStreamReceivedMbitPerS: received,
      udpStreamLoss: sent > 0 ? Math.max(0, 1 - received / sent) : 0,
    };
  };

  return {
    async run(signal) {
      if ((await clientHost.run(['netperf', '-V'])).notFound) return { state: 'absent', reason: ABSENT };
      const server = await serverHost
        .spawn(['netserver', '-D', '-4', '-L', serverAddress, '-p', String(CONTROL_PORT)], {
          cpus: serverCpus,
        })
        .catch((error: unknown) => {
          if (error instanceof UserError) return error.message;
          throw error;
        });
      if (typeof server === 'string') return { state: 'absent', reason: server };
      try {
        if (!(await listens(serverHost)))
          return { state: 'absent', reason: `netserver did not start on ${serverAddress}:${CONTROL_PORT}` };
        return await measure(signal);
      } finally {
        server.kill('SIGTERM');
        await server.exited;
      }
    },
  };
}

const TESTS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['UDP_RR', ['THROUGHPUT'], []],
  ['TCP_RR', ['THROUGHPUT'], []],
  // -R 1: without it the stream is sent with SO_DONTROUTE and never gets past the first hop.
  [
    'UDP_STREAM',
    ['LOCAL_SEND_THROUGHPUT', 'REMOTE_RECV_THROUGHPUT'],
    ['-R', '1', '-m', String(DATAGRAM_BYTES)],
  ],
];

/** Lines of `KEY=number`; others are passed over. */
export function parseKeyedOutput(text: string): ReadonlyMap<string, number> {
  return new Map(
    [...text.matchAll(/^([A-Z_]+)=(-?[\d.]+)$/gm)].map(([, key = '', value = '']) => [key, Number(value)]),
  );
}

async function listens(host: Host): Promise<boolean> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    const result = await host.run(['ss', '-Hltn', `sport = :${CONTROL_PORT}`]);
    if (result.stdout.trim() !== '') return true;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  return false;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}

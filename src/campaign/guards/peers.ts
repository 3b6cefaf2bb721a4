// Who sends to the router: tcpdump(8) where it is installed, for a short while. It only names; counting is done elsewhere.
import type { Clock } from '../../clock.ts';
import type { Host, RunningCommand } from '../../targets/host.ts';

export type Peers =
  | {
      readonly state: 'seen';
      readonly datagrams: number;
      readonly peers: readonly { readonly peer: string; readonly datagrams: number }[];
    }
  | { readonly state: 'unknown'; readonly reason: string };

/** Enough to know who it is; more would cost the CPU of a router that is busy. */
const MOST_DATAGRAMS = 5_000;
const MOST_PEERS = 5;
/** A segment that is no mere acknowledgement: its length is more than that of its headers (pcap-filter(7)). */
const TCP_WITH_DATA = '(tcp and ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0)';

export interface PeerWatch {
  /** Ends the look. */
  stop(): Promise<Peers>;
}

export async function watchPeers(host: Host, address: string, port: number): Promise<PeerWatch> {
  let capture: RunningCommand;
  try {
    capture = await host.spawn([
      // Not promiscuous, no names, a line at a time, only what comes in.
      ...['tcpdump', '-p', '-n', '-l', '-q', '-i', 'any', '-Q', 'in', '-c', String(MOST_DATAGRAMS)],
      ...[
        '(',
        'udp',
        'or',
        TCP_WITH_DATA,
        ')',
        'and',
        'dst',
        'host',
        address,
        'and',
        'dst',
        'port',
        String(port),
      ],
    ]);
  } catch {
    return { stop: async () => ({ state: 'unknown', reason: 'install tcpdump' }) };
  }
  return {
    async stop() {
      capture.kill('SIGINT');
      const { stdout, stderr } = await capture.exited;
      const peers = peersIn(stdout);
      const datagrams = peers.reduce((sum, one) => sum + one.datagrams, 0);
      if (datagrams === 0 && !/\d packets? captured/.test(stderr))
        return { state: 'unknown', reason: `tcpdump: ${stderr.trim().split('\n').at(-1) || 'no answer'}` };
      return { state: 'seen', datagrams, peers };
    },
  };
}

export async function lookAtPeers(
  where: { readonly host: Host; readonly address: string; readonly port: number },
  forMs: number,
  clock: Clock,
): Promise<Peers> {
  const watch = await watchPeers(where.host, where.address, where.port);
  await clock.sleep(forMs);
  return watch.stop();
}

/** "17:02:03.1 eth0  In  IP 198.18.1.1.5061 > 198.18.0.1.5060: UDP, length 300"; busiest first. */
export function peersIn(text: string): readonly { readonly peer: string; readonly datagrams: number }[] {
  const counts = new Map<string, number>();
  for (const [, address, port] of text.matchAll(/ IP (\d+\.\d+\.\d+\.\d+)\.(\d+) > /g)) {
    const peer = `${address}:${port}`;
    counts.set(peer, (counts.get(peer) ?? 0) + 1);
  }
  return [...counts]
    .map(([peer, datagrams]) => ({ peer, datagrams }))
    .sort((a, b) => b.datagrams - a.datagrams);
}

export function peersText(peers: Peers): string {
  if (peers.state === 'unknown') return `peers unknown: ${peers.reason}`;
  if (peers.peers.length === 0) return 'no peer was seen at that moment';
  const named = peers.peers.slice(0, MOST_PEERS).map(({ peer, datagrams }) => `${peer} (${datagrams})`);
  const more = peers.peers.length - named.length;
  return `from ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

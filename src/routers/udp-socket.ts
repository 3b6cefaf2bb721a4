// The router's UDP socket as the kernel has it, from ss(8).
import type { Host } from '../targets/host.ts';

export interface UdpSocket {
  readonly local: string;
  readonly rcvbufBytes: number;
  /** "kamailio" and its PID, where ss may tell. */
  readonly owner: string | undefined;
}

export async function udpSocketsOn(host: Host, port: number): Promise<readonly UdpSocket[]> {
  const result = await host.run(['ss', '-Huanmp', `sport = :${port}`]);
  return result.exitCode === 0 ? parseUdpSockets(result.stdout) : [];
}

/** Each socket is a line and an indented `skmem:(…)`, which older versions of ss put on the same line. */
export function parseUdpSockets(text: string): readonly UdpSocket[] {
  const sockets = text.split(/\n(?=\S)/);
  return sockets.flatMap((socket) => {
    const rcvbuf = /skmem:\([^)]*\brb(\d+)/.exec(socket)?.[1];
    const local = /^\S+\s+\d+\s+\d+\s+(\S+)/.exec(socket)?.[1];
    if (rcvbuf === undefined || local === undefined) return [];
    const owner = /users:\(\("([^"]+)",pid=(\d+)/.exec(socket);
    return [
      { local, rcvbufBytes: Number(rcvbuf), owner: owner ? `${owner[1]} (PID ${owner[2]})` : undefined },
    ];
  });
}

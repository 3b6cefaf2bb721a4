// UDP sockets as the kernel lists them: /proc/net/udp{,6} for queue and drops, ss(8) for the size of the buffer.

export interface UdpSocket {
  /** The inode, which no two open sockets share, with the local address for sockets that have none. */
  readonly id: string;
  readonly port: number;
  /** Waiting in the receive queue, bytes as the kernel charges them against the buffer. */
  readonly rcvqBytes: number;
  /** Since the socket was made. */
  readonly drops: number;
}

export const UDP_SOCKET_PATHS = ['/proc/net/udp', '/proc/net/udp6'] as const;

/** Columns of /proc/net/udp: sl local rem st tx:rx tr:when retrnsmt uid timeout inode ref pointer drops. */
export function parseProcNetUdp(text: string, ports: readonly number[]): readonly UdpSocket[] {
  const sockets: UdpSocket[] = [];
  for (const line of text.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    const local = columns[1] ?? '';
    const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
    if (!ports.includes(port)) continue;
    sockets.push({
      id: `${columns[9]} ${local}`,
      port,
      rcvqBytes: Number.parseInt(columns[4]?.split(':')[1] ?? '0', 16),
      drops: Number(columns[12] ?? 0),
    });
  }
  return sockets;
}

/** Receive buffers (`rb`) of the sockets on a port in the output of `ss -uanmH`; [] where ss shows no memory. */
export function parseSsRcvbufBytes(text: string, port: number): readonly number[] {
  const buffers: number[] = [];
  let ours = false;
  for (const line of text.split('\n')) {
    // "UNCONN 0 0 198.18.0.1:5060 0.0.0.0:*", then, on the same or the next line, "skmem:(r0,rb212992,…)".
    const address = /^\S+\s+\d+\s+\d+\s+(\S+)/.exec(line);
    if (address) ours = address[1]?.endsWith(`:${port}`) ?? false;
    const memory = /skmem:\([^)]*\brb(\d+)/.exec(line);
    if (ours && memory) buffers.push(Number(memory[1]));
  }
  return buffers;
}

// The router's UDP socket as the kernel has it, from ss(8).
import type { Host } from '../targets/host.ts';

export interface UdpSocket {
  /** Address and port. */
  readonly local: string;
  readonly rcvbufBytes: number;
  /** The process that holds it, where ss may tell. */
  readonly owner: { readonly name: string; readonly pid: number } | undefined;
}

export interface ListenAddress {
  readonly address: string;
  readonly port: number;
}

/** ss(8) shows an interface behind the address ("127.0.0.53%lo:53") and "*" for any address of both families. */
const ANY_ADDRESS = ['0.0.0.0', '*', '[::]'];

/** The sockets that receive what is sent to that address. */
export async function udpSocketsOn(host: Host, listen: ListenAddress): Promise<readonly UdpSocket[]> {
  const result = await host.run(['ss', '-Huanmp', `sport = :${listen.port}`]);
  if (result.exitCode !== 0) return [];
  return parseUdpSockets(result.stdout).filter(({ local }) => {
    const address = local.slice(0, local.lastIndexOf(':')).replace(/%.*/, '');
    return address === listen.address || ANY_ADDRESS.includes(address);
  });
}

/** Who has the address already, in words. OpenSIPS would share it (SO_REUSEADDR) and the calls go astray. */
export async function portHolder(host: Host, listen: ListenAddress): Promise<string | null> {
  const [socket] = await udpSocketsOn(host, listen);
  if (!socket) return null;
  return socket.owner ? `${socket.owner.name} (PID ${socket.owner.pid})` : 'another process';
}

export async function rcvbufBytesOn(host: Host, listen: ListenAddress): Promise<number | null> {
  const [socket] = await udpSocketsOn(host, listen);
  return socket?.rcvbufBytes ?? null;
}

/** Each socket is a line and an indented `skmem:(…)`, which other versions of ss put on the same line. */
export function parseUdpSockets(text: string): readonly UdpSocket[] {
  return text.split(/\n(?=\S)/).flatMap((socket) => {
    const rcvbuf = /skmem:\([^)]*\brb(\d+)/.exec(socket)?.[1];
    const local = /^\S+\s+\d+\s+\d+\s+(\S+)/.exec(socket)?.[1];
    if (rcvbuf === undefined || local === undefined) return [];
    // Workers come first and the main process, which forked them, last.
    const main = [...socket.matchAll(/\("([^"]+)",pid=(\d+)/g)].at(-1);
    const owner = main ? { name: main[1] ?? '', pid: Number(main[2]) } : undefined;
    return [{ local, rcvbufBytes: Number(rcvbuf), owner }];
  });
}

// The sockets of a SIPp process: are they open, did they get their buffers, did they drop anything?
import { readFile } from 'node:fs/promises';
import type { Endpoint } from '../targets/target.ts';

interface UdpSocket {
  /** "198.18.1.1:5061" */
  readonly local: string;
  readonly drops: number;
}

/** Reads /proc/net/udp: the last column counts datagrams dropped because the socket's buffer was full. */
export function parseProcNetUdp(text: string): readonly UdpSocket[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 13)
    .map((fields) => ({ local: addressOf(fields[1] ?? ''), drops: Number(fields.at(-1)) }));
}

/** "010112C6:13C5" → "198.18.1.1:5061": the kernel prints the address in the byte order of a little-endian machine. */
function addressOf(hex: string): string {
  const [address = '', port = ''] = hex.split(':');
  const bytes = (address.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
  return `${bytes.reverse().join('.')}:${Number.parseInt(port, 16)}`;
}

/**
 * Drops at the socket of this process so far, or null while it is not open. /proc/PID/net is the process's namespace, so
 * that no command has to run there while a trial is on.
 */
export async function socketDrops(pid: number, { address, port }: Endpoint): Promise<number | null> {
  try {
    const sockets = parseProcNetUdp(await readFile(`/proc/${pid}/net/udp`, 'utf8'));
    return sockets.find(({ local }) => local === `${address}:${port}`)?.drops ?? null;
  } catch {
    return null;
  }
}

/** Somebody has the address already; asked before a start, because afterwards their socket would look like ours. */
export async function isTaken({ host, address, port }: Endpoint): Promise<boolean> {
  const path = '/proc/net/udp';
  const text = (await host.readFiles([path])).get(path) ?? '';
  return parseProcNetUdp(text).some(({ local }) => local === `${address}:${port}`);
}

/** The buffers in force, from the output of `ss -uanmH`; null when the socket is not there. */
export function parseSocketMemory(
  text: string,
  local: string,
): { readonly rcvbufBytes: number; readonly sndbufBytes: number } | null {
  // ss may put skmem on a line of its own.
  const entry = text
    .replace(/\n\s+/g, ' ')
    .split('\n')
    .find((line) => line.split(/\s+/).includes(local));
  const match = entry === undefined ? null : /skmem:\(.*?\brb(\d+),.*?\btb(\d+)/.exec(entry);
  return match === null ? null : { rcvbufBytes: Number(match[1]), sndbufBytes: Number(match[2]) };
}

/** Why the socket's buffers are not what was asked for, or null. The kernel doubles a request, after capping it. */
export async function bufferFault(
  who: string,
  endpoint: Endpoint,
  bufferBytes: number,
  cpus: string,
): Promise<string | null> {
  const argv = ['taskset', '-c', cpus, 'ss', '-uanmH', 'sport', '=', `:${endpoint.port}`];
  const result = await endpoint.host.run(argv);
  if (result.notFound)
    return `${who}: socket buffers cannot be checked, ss is missing (Debian package iproute2)`;
  const memory = parseSocketMemory(result.stdout, `${endpoint.address}:${endpoint.port}`);
  if (memory === null) return `${who}: ss shows no socket on ${endpoint.address}:${endpoint.port}`;
  const wanted = bufferBytes * 2;
  const low = [
    memory.rcvbufBytes < wanted ? `receive buffer ${memory.rcvbufBytes}` : null,
    memory.sndbufBytes < wanted ? `send buffer ${memory.sndbufBytes}` : null,
  ].filter((part) => part !== null);
  return low.length === 0
    ? null
    : `${who}: ${low.join(' and ')} bytes instead of ${wanted}: net.core.rmem_max or wmem_max is below ${bufferBytes}`;
}

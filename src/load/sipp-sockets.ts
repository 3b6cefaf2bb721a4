// The sockets of a SIPp process: are they open, did they get their buffers, did they drop anything?
import { readFile } from 'node:fs/promises';
import type { Endpoint } from '../targets/target.ts';
import type { Transport } from './sipp-transport.ts';

/** The state in /proc/net/tcp. */
const TCP_LISTEN = '0A';

interface Socket {
  /** "198.18.1.1:5061" */
  readonly local: string;
  readonly drops: number;
}

/** Reads /proc/net/udp: the last column counts datagrams dropped because the socket's buffer was full. */
export function parseProcNetUdp(text: string): readonly Socket[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 13)
    .map((fields) => ({ local: addressOf(fields[1] ?? ''), drops: Number(fields.at(-1)) }));
}

/** Reads /proc/net/tcp: who listens. A full buffer there makes the sender wait, so nothing is ever dropped. */
export function parseProcNetTcp(text: string): readonly Socket[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === TCP_LISTEN)
    .map((fields) => ({ local: addressOf(fields[1] ?? ''), drops: 0 }));
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
export async function socketDrops(
  pid: number,
  endpoint: Endpoint,
  transport?: Transport,
): Promise<number | null> {
  try {
    const text = await readFile(`/proc/${pid}/net/${socketsOf(transport).file}`, 'utf8');
    return dropsIn(text, endpoint, transport);
  } catch {
    return null;
  }
}

/** The same from the text of /proc/PID/net/udp or tcp. */
export function dropsIn(text: string, { address, port }: Endpoint, transport?: Transport): number | null {
  const sockets = socketsOf(transport).parse(text);
  return sockets.find(({ local }) => local === `${address}:${port}`)?.drops ?? null;
}

/** Somebody has the address already; asked before a start, because afterwards their socket would look like ours. */
export async function isTaken({ host, address, port }: Endpoint, transport?: Transport): Promise<boolean> {
  const { file, parse } = socketsOf(transport);
  const path = `/proc/net/${file}`;
  const text = (await host.readFiles([path])).get(path) ?? '';
  return parse(text).some(({ local }) => local === `${address}:${port}`);
}

function socketsOf(transport: Transport) {
  return transport === undefined
    ? { file: 'udp', parse: parseProcNetUdp }
    : { file: 'tcp', parse: parseProcNetTcp };
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

/**
 * Why the socket's buffers are not what was asked for, or null. The kernel doubles a request, after capping it. Over TCP a
 * small buffer loses nothing: the sender waits.
 */
export async function bufferFault(
  who: string,
  endpoint: Endpoint,
  {
    bufferBytes,
    transport,
    cpus,
  }: { readonly bufferBytes: number; readonly transport?: Transport; readonly cpus: string },
): Promise<string | null> {
  if (transport !== undefined) return null;
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

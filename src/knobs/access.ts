// Reads and writes one kernel or device knob where its scope says. Router settings go through the router's adapter.
import type { Host } from '../targets/host.ts';
import type { Knob } from './knob.ts';

export interface KnobPlaces {
  /** Initial namespace: host-wide sysctls. */
  readonly machine: Host;
  /** The router's namespace: per-namespace sysctls and its devices. */
  readonly routerHost: Host;
  /** The egress device, for txqueuelen; undefined when there is none. */
  readonly device: string | undefined;
}

/** Where a kernel knob's value stands, as a file; null for a router setting or a device that is not there. */
export function knobPath(knob: Knob, places: KnobPlaces): { host: Host; path: string } | null {
  switch (knob.access.via) {
    case 'sysctl':
      return {
        host: knob.scope === 'host' ? places.machine : places.routerHost,
        path: sysctlPath(knob.access.key),
      };
    case 'txqueuelen':
      return places.device === undefined
        ? null
        : { host: places.routerHost, path: txqueuelenPath(places.device) };
    case 'router':
      return null;
  }
}

/** /proc/sys path of a key; "/" inside a key stands for a dot in a name (sysctl(8)). */
export function sysctlPath(key: string): string {
  return `/proc/sys/${key.replace(/[./]/g, (c) => (c === '.' ? '/' : '.'))}`;
}

export function txqueuelenPath(device: string): string {
  return `/sys/class/net/${device}/tx_queue_len`;
}

export type WriteOutcome =
  /** `effective` is what the kernel made of it, read back. */
  | { readonly state: 'written'; readonly effective: string }
  | { readonly state: 'failed'; readonly reason: string };

/** Writes a sysctl and reads it back. */
export async function writeSysctl(host: Host, key: string, raw: string): Promise<WriteOutcome> {
  return writeAndReadBack(host, sysctlPath(key), raw);
}

/** Writes a device's txqueuelen, re-creates the queues that took their limit when they were created, and reads back. */
export async function writeTxqueuelen(host: Host, device: string, raw: string): Promise<WriteOutcome> {
  const outcome = await writeAndReadBack(host, txqueuelenPath(device), raw);
  if (outcome.state === 'failed') return outcome;
  const reason = await recreateDefaultLeaves(host, device);
  return reason === null ? outcome : { state: 'failed', reason };
}

/** Values of kernel and device knobs by their paths, in one round trip; each is read back. */
export async function writeValues(
  host: Host,
  writes: readonly { readonly path: string; readonly raw: string }[],
): Promise<readonly WriteOutcome[]> {
  const results = await host.writeFiles(writes.map(({ path, raw }) => ({ path, text: `${raw}\n` })));
  return writes.map(({ path, raw }, index): WriteOutcome => {
    const result = results[index];
    if (result?.state !== 'written')
      return { state: 'failed', reason: `cannot write ${raw} to ${path}: ${result?.reason ?? 'no answer'}` };
    return result.readBack === null
      ? { state: 'failed', reason: `${path} vanished after the write` }
      : { state: 'written', effective: result.readBack.trim().replace(/\s+/g, ' ') };
  });
}

async function writeAndReadBack(host: Host, path: string, raw: string): Promise<WriteOutcome> {
  const [outcome] = await writeValues(host, [{ path, raw }]);
  return outcome ?? { state: 'failed', reason: `${path} was not written` };
}

/**
 * A class of HTB that was given no queue has a pfifo of its own, whose limit is the device's txqueuelen at the time
 * it was made (net/sched/sch_htb.c, sch_fifo.c). Attaching a queue and deleting it makes the kernel create that pfifo anew.
 */
export async function recreateDefaultLeaves(host: Host, device: string): Promise<string | null> {
  // tc(8) of Debian 12 prints classes as text only, also with -j.
  const shown = await host.run(['tc', 'class', 'show', 'dev', device]);
  const actions = leavesWithoutQueue(shown.stdout).flatMap((id) => [
    `qdisc add dev ${device} parent ${id} pfifo`,
    `qdisc del dev ${device} parent ${id}`,
  ]);
  if (actions.length === 0) return null;
  const result = await host.run(['tc', '-batch', '-'], { input: `${actions.join('\n')}\n` });
  return result.exitCode === 0 ? null : `tc ${actions.join(', ')}: ${result.stderr.trim()}`;
}

/** IDs of HTB classes that have neither children nor an attached queue, from `tc class show`. */
export function leavesWithoutQueue(text: string): readonly string[] {
  const classes = text
    .split('\n')
    .map((line) => /^class htb (\S+) (?:root|parent (\S+))(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, id = '', parent, rest = '']) => ({ id, parent, hasQueue: /\bleaf\b/.test(rest) }));
  const parents = new Set(classes.map(({ parent }) => parent));
  return classes.filter(({ id, hasQueue }) => !hasQueue && !parents.has(id)).map(({ id }) => id);
}

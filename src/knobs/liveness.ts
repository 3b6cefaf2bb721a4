// Which knobs in play cannot act on this target, and why: they cost no trial and are shown with their reason.
import type { RouterFacts } from '../routers/router.ts';
import type { KnobInPlay } from './knob.ts';
import { type BufferSpans, bufferReason } from './receive-buffer.ts';

export interface DeviceFacts {
  readonly name: string;
  /** Root queue discipline, e.g. "noqueue", "htb", "fq_codel"; null when tc could not tell. */
  readonly rootQdisc: string | null;
  /** Those of its classes and transmit queues; under mq each queue has its own. */
  readonly leafQdiscs?: readonly string[];
  /** Kernel's kind of link ("veth", "lo", "physical"). */
  readonly kind: string;
  /** Some receive queue of the device has an RPS mask. */
  readonly rps: boolean;
}

export interface SeenDevices {
  /** The one whose queue the scenario would set; null where it names none. */
  readonly egress: DeviceFacts | null;
  /** By which the calls are delivered: to the router, and to generators on the same kernel. */
  readonly onPath: readonly DeviceFacts[];
  /** By which what the router sends leaves; null where it is not known. */
  readonly leavesBy: readonly string[] | null;
}

export interface LivenessFacts {
  readonly router: RouterFacts;
  readonly devices: SeenDevices;
  /** null where today's values are not known. */
  readonly buffer: BufferSpans | null;
  /** A service's workers, buffer and allocator stand in files of its operator's. */
  readonly managedBy: 'siptune' | 'service';
  /** The load comes over TCP: what belongs to UDP sockets waits for nothing. */
  readonly tcp?: boolean;
  /** tcp_syncookies in the router's namespace; null where it is not known. */
  readonly synCookies?: boolean | null;
}

/** Queues that take their limit from the device's txqueuelen, live or when they are created. */
const QDISCS_USING_TXQUEUELEN = new Set([
  'pfifo_fast',
  'pfifo',
  'bfifo',
  'htb',
  'hfsc',
  'drr',
  'prio',
  'qfq',
]);

/**
 * Links whose packets wait in a CPU's backlog (netif_rx). What stands behind a bridge or shares a link as macvlan and ipvlan do
 * cannot be seen from here, and mostly is a veth or its like: nothing speaks against the backlog there.
 */
const LINKS_USING_BACKLOG = new Set(['lo', 'veth', 'bridge', 'macvlan', 'ipvlan']);

/** Why siptune cannot change the knob here at all, or null. */
export function unavailableReason(inPlay: KnobInPlay, facts: LivenessFacts): string | null {
  switch (inPlay.knob.name) {
    case 'router.workers':
    case 'router.maxbuffer':
    case 'router.allocator':
      return routerReason(inPlay, facts);
    default:
      return null;
  }
}

/** Why the knob, changed, does nothing here, or null when it acts (or when nothing speaks against it). */
export function inertReason(inPlay: KnobInPlay, facts: LivenessFacts): string | null {
  const overTcp = facts.tcp ? tcpReason(inPlay.knob.name, facts.router) : undefined;
  if (overTcp !== undefined) return overTcp;
  switch (inPlay.knob.name) {
    case 'kernel.shmmax':
      return facts.router.shmMmap
        ? `${facts.router.kind} ${facts.router.version} maps its shared memory (SHM_MMAP): System V limits do not apply`
        : null;
    case 'txqueuelen':
      return txqueuelenReason(facts.devices);
    case 'net.core.netdev_max_backlog':
      return facts.devices.onPath.some(({ rps, kind }) => rps || LINKS_USING_BACKLOG.has(kind))
        ? null
        : 'the devices that the calls come by deliver through NAPI without RPS: their packets never enter this queue';
    case 'net.ipv4.tcp_max_syn_backlog':
      return synBacklogReason(facts);
    case 'net.core.wmem_max':
      return asksForSendBuffer(facts.router)
        ? null
        : `${facts.router.kind} ${facts.router.version} never asks for a UDP send buffer: its socket has wmem_default`;
    case 'net.core.rmem_default':
    case 'net.core.rmem_max':
    case 'router.maxbuffer':
      return facts.buffer && bufferReason(inPlay.knob.name, facts.buffer);
    default:
      return null;
  }
}

function synBacklogReason({ tcp, synCookies }: LivenessFacts): string | null {
  if (tcp === false) return 'the load is over UDP, which opens no connections';
  return synCookies === true
    ? 'tcp_syncookies is on: the kernel then looks at the listener’s own queue only, and sends cookies when that is full'
    : null;
}

/** Of knobs that belong to sockets: why a load over TCP does not meet them, or null; undefined for other knobs. */
function tcpReason(name: string, { kind, version }: RouterFacts): string | null | undefined {
  switch (name) {
    case 'net.core.rmem_default':
    case 'net.core.wmem_default':
      return 'the load is over TCP, whose sockets take their buffers from tcp_rmem and tcp_wmem';
    case 'net.core.rmem_max':
      return `the load is over TCP, and ${kind} ${version} asks for no receive buffer there`;
    case 'net.core.wmem_max':
    case 'router.maxbuffer':
      // OpenSIPS asks for a send buffer on each connection, up to its maxbuffer; wmem_max caps that.
      return kind === 'opensips'
        ? null
        : `the load is over TCP, and ${kind} ${version} asks for a buffer on its UDP sockets only`;
    default:
      return undefined;
  }
}

function routerReason({ choices }: KnobInPlay, { router, managedBy }: LivenessFacts): string | null {
  if (managedBy === 'service')
    return `it stands in the ${router.kind} service's own files, which siptune does not edit`;
  return choices && choices.length < 2
    ? `this build of ${router.kind} ${router.version} has ${choices.length === 0 ? 'none to choose' : `only ${choices[0]}`}`
    : null;
}

/** OpenSIPS sets SO_SNDBUF on TCP connections only; Kamailio has had `-B` since after 5.6. */
function asksForSendBuffer(router: RouterFacts): boolean {
  if (router.kind === 'opensips') return false;
  const [major = 0, minor = 0] = router.version.split('.').map(Number);
  return major > 5 || (major === 5 && minor > 6);
}

function txqueuelenReason({ egress, leavesBy }: SeenDevices): string | null {
  if (egress === null) return 'the scenario names no egress device';
  const { name, rootQdisc, leafQdiscs = [] } = egress;
  if (leavesBy !== null && !leavesBy.includes(name))
    return `nothing of the calls leaves by ${name}: they go out by ${leavesBy.join(' and ')}`;
  if (rootQdisc === null || QDISCS_USING_TXQUEUELEN.has(rootQdisc)) return null;
  if (rootQdisc === 'noqueue') return `${name} has no queue (noqueue): packets never wait there`;
  // mq holds nothing itself. Measured on 6.18: pfifo_fast under it takes the new limit at once, pfifo keeps its old one.
  if (rootQdisc === 'mq' && (leafQdiscs.length === 0 || leafQdiscs.includes('pfifo_fast'))) return null;
  const kinds =
    rootQdisc === 'mq' ? `${[...new Set(leafQdiscs)].join(' and ')} in its queues (mq)` : rootQdisc;
  return `${name} has ${kinds}, which does not take its limit from txqueuelen`;
}

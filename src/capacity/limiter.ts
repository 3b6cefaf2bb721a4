// Names what gave way first, by evidence, in the order of a message's path. All signals that moved stand in the evidence.
import type { Limiter } from '../campaign/verdict.ts';
import { busyPct } from '../meters/busy.ts';
import { carriageOf, countFrom, SIP_T1_MS } from './carriage.ts';
import type { TrialEvidence } from './evidence.ts';

const SATURATED_CORE_PCT = 95;
const SATURATED_WORKER_PCT = 90;
const EXHAUSTED_SHARE = 0.95;
/** The receive softirq gives up its turn this often, per second, before that is more than a busy moment. */
const MANY_SQUEEZES_PER_S = 50;

export interface NamedLimiter {
  readonly limiter: Limiter;
  /** Empty when only the delay tells. */
  readonly evidence: string;
}

/** Each gives the words for what it saw, or null. The first that saw something is the limiter. */
const SIGNALS: readonly (readonly [Limiter, (seen: TrialEvidence) => string | null])[] = [
  // Explicit messages of the router come first, because they explain all that follows.
  ['shm', (seen) => exhausted(seen, 'shm')],
  ['pkg', (seen) => exhausted(seen, 'pkg')],
  ['shm', outOfMemory],
  [
    'qdisc',
    (seen) => dropped(seen, 'qdisc', 'drops', 'qdiscDrops', 'packets dropped by the queue discipline'),
  ],
  [
    'softnet-backlog',
    (seen) => dropped(seen, 'softnet', 'dropped', 'softnetDropped', 'packets dropped at netdev_max_backlog'),
  ],
  ['send-buffer', sendBufferFull],
  ['time-squeeze', timeSqueezed],
  // Before the socket: where the workers are saturated, its buffer would only add delay.
  ['worker-cpu', saturated],
  ['socket-buffer', socketDropped],
  ['accept-queue', acceptQueue],
  ['conntrack', conntrack],
  ['nic', nic],
];

export function nameLimiter(seen: TrialEvidence): NamedLimiter {
  const moved = SIGNALS.flatMap(([limiter, signal]) => {
    const evidence = signal(seen);
    return evidence === null ? [] : [{ limiter, evidence }];
  });
  const [first] = moved;
  if (first)
    return {
      limiter: first.limiter,
      evidence: [...new Set(moved.map(({ evidence }) => evidence))].join('; '),
    };
  const waited = waitedPastT1(seen);
  if (waited !== null) return { limiter: 'delay', evidence: waited };
  const { goodCalls, plannedCalls } = carriageOf(seen.load);
  if (goodCalls === plannedCalls) return { limiter: 'delay', evidence: '' };
  return { limiter: 'unknown', evidence: `no counter explains the loss${answers(seen)}` };
}

/** Drops in the window; else those of the whole offer, for a call may lose its INVITE just before it and its BYE after it. */
function dropped(
  { meters }: TrialEvidence,
  meter: string,
  counter: string,
  ofOffer: string,
  what: string,
): string | null {
  const inWindow = meters[meter]?.[counter] ?? 0;
  if (inWindow > 0) return `${inWindow} ${what}`;
  const inOffer = meters.offer?.[ofOffer] ?? 0;
  return inOffer > 0 ? `${inOffer} ${what} just before or after the window` : null;
}

function exhausted({ meters, load }: TrialEvidence, pool: 'shm' | 'pkg'): string | null {
  const router = meters.router ?? {};
  const messages = router.routerLogOutOfMemory ?? 0;
  const share = (pool === 'shm' ? router.shmUsedPeakShare : router.pkgWorstUsedShare) ?? 0;
  if (share <= EXHAUSTED_SHARE || messages + (load.unexpectedResponses['500'] ?? 0) === 0) return null;
  const memory = pool === 'shm' ? 'shared memory' : 'private memory';
  return `${messages} out-of-memory messages, ${memory} ${(share * 100).toFixed(0)} % used`;
}

function outOfMemory(seen: TrialEvidence): string | null {
  const messages = seen.meters.router?.routerLogOutOfMemory ?? 0;
  if (messages === 0 || exhausted(seen, 'shm') !== null || exhausted(seen, 'pkg') !== null) return null;
  return `${messages} out-of-memory messages in the router's log`;
}

/** The kernel counts a datagram that a queue discipline or a virtual device's backlog refused here, too: then that is the reason. */
function sendBufferFull(seen: TrialEvidence): string | null {
  const { qdisc, softnet, offer } = seen.meters;
  const refused = seen.meters['snmp-router']?.sndbufErrors ?? 0;
  const byQueue =
    (qdisc?.drops ?? 0) + (softnet?.dropped ?? 0) + (offer?.qdiscDrops ?? 0) + (offer?.softnetDropped ?? 0);
  return refused > 0 && byQueue === 0 ? `${refused} datagrams found the router's send buffer full` : null;
}

/**
 * What a socket dropped had come through the softirq: then its turns are not what ran short. On a full CPU everything
 * gets its turn late, and a larger budget would only take the time from the workers.
 */
function timeSqueezed(seen: TrialEvidence): string | null {
  const { plan, meters } = seen;
  const squeezes = meters.softnet?.timeSqueeze ?? 0;
  if (plan.shape !== 'steady' || (meters.sockets?.routerDrops ?? 0) > 0 || saturated(seen) !== null)
    return null;
  return squeezes / (plan.windowMs / 1000) > MANY_SQUEEZES_PER_S
    ? `the receive softirq ran out of its turn ${squeezes} times (netdev_budget)`
    : null;
}

/** A burst is not blamed on the CPU: it is meant to be faster than the workers. */
function saturated({ plan, meters, routerCpus }: TrialEvidence): string | null {
  if (plan.shape !== 'steady') return null;
  const busiest = Math.max(0, ...routerCpus.map((cpu) => busyPct(meters, cpu) ?? 0));
  if (busiest >= SATURATED_CORE_PCT) return `router core ${busiest.toFixed(0)} % busy`;
  const worker = meters.processes?.routerBusiestCpuPct ?? 0;
  return worker >= SATURATED_WORKER_PCT
    ? `one process of the router used ${worker.toFixed(0)} % of a core`
    : null;
}

function socketDropped(seen: TrialEvidence): string | null {
  const { meters } = seen;
  const buffer = `datagrams dropped at the router's socket (buffer ${meters.sockets?.routerRcvbufBytes ?? '?'} bytes)`;
  return dropped(seen, 'sockets', 'routerDrops', 'routerDrops', buffer);
}

function acceptQueue({ meters }: TrialEvidence): string | null {
  const { listenOverflows = 0, listenDrops = 0 } = meters.netstat ?? {};
  return listenOverflows > 0 || listenDrops > 0
    ? `${Math.max(listenOverflows, listenDrops)} connections found a full accept queue`
    : null;
}

function conntrack({ meters }: TrialEvidence): string | null {
  const { conntrackDrop = 0, conntrackInsertFailed = 0, conntrackEarlyDrop = 0 } = meters.netstat ?? {};
  const refused = conntrackDrop + conntrackInsertFailed + conntrackEarlyDrop;
  return refused > 0 ? `connection tracking refused or dropped ${refused} packets` : null;
}

function nic({ meters }: TrialEvidence): string | null {
  const { rxMissed = 0, rxFifoErrors = 0, rxErrors = 0, txErrors = 0 } = meters.link ?? {};
  const missed = rxMissed + rxFifoErrors;
  if (missed > 0) return `${missed} packets found the device's receive ring full`;
  return rxErrors + txErrors > 0 ? `${rxErrors + txErrors} packets damaged on the device` : null;
}

/**
 * A message is sent again when its answer takes longer than T1, also where nothing is dropped: a queue that is too long.
 * Then waiting times lie on both sides of T1; after a single loss they lie near 0 and just above T1.
 */
function waitedPastT1({ load, meters }: TrialEvidence): string | null {
  const beyond = countFrom(load.setupDelaysMs, SIP_T1_MS);
  const nearly = countFrom(load.setupDelaysMs, SIP_T1_MS / 2, SIP_T1_MS);
  if (beyond === 0 || nearly * 4 < beyond) return null;
  const queues = [
    [meters.qdisc?.backlogPeakPackets ?? 0, 'packets in the queue discipline'],
    [meters.sockets?.routerRcvqPeakBytes ?? 0, "bytes in the router's socket"],
  ].flatMap(([length, where]) => (Number(length) > 0 ? [`${length} ${where}`] : []));
  const seen = queues.length > 0 ? ` (longest queue seen: ${queues.join(', ')})` : '';
  return `nothing was dropped, but ${beyond} calls waited longer than T1 (${SIP_T1_MS} ms) and were sent again${seen}`;
}

/** What was seen all the same, for whoever looks further. */
function answers({ load, meters }: TrialEvidence): string {
  const codes = Object.entries(load.unexpectedResponses).map(([code, n]) => `${n} × ${code}`);
  const {
    droppedRequests = 0,
    droppedReplies = 0,
    erroneousRequests = 0,
    erroneousReplies = 0,
  } = meters.router ?? {};
  const refused = droppedRequests + droppedReplies + erroneousRequests + erroneousReplies;
  return [
    codes.length > 0 ? `; answers seen: ${codes.join(', ')}` : '',
    refused > 0 ? `; the router itself refused ${refused} messages` : '',
  ].join('');
}

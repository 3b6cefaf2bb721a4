// Judges a trial from what load and meters saw: carried, overloaded (and by which limiter), or invalid.
// Pure: the same numbers always give the same verdict.
import type { Carriage, Limiter, Verdict } from '../campaign/verdict.ts';
import type { LoadPlan, LoadReport } from '../load/load.ts';
import type { MeterReport } from '../meters/meter.ts';
import type { Objective } from '../scenario/scenario.ts';
import { percentile } from '../stats/percentiles.ts';

export interface TrialEvidence {
  readonly plan: LoadPlan;
  readonly load: LoadReport;
  readonly meters: Readonly<Record<string, MeterReport>>;
  /** CPU numbers of the router, to tell a saturated core. */
  readonly routerCpus: readonly number[];
}

/** A share of ticks below this means that the hypervisor ran somebody else without calling it steal. */
const MIN_TICKS_SHARE = 0.9;
const MAX_STEAL_PCT = 5;
const MAX_GENERATOR_CPU_PCT = 90;
/** Tick and CPU shares are too coarse to judge windows shorter than this. */
export const MIN_WINDOW_FOR_CPU_MS = 2_000;
/** RFC 3261, 17.1.1.1: nothing is sent again before T1, and a set-up that takes as long had something sent again. */
const SIP_T1_MS = 500;
/** Meters of ticks: the router's machine, and the generators' where that is another one. */
const MACHINES = [
  ['ticks', ''],
  ['ticks-generators', " of the generators' machine"],
] as const;
const SATURATED_CORE_PCT = 95;
const EXHAUSTED_SHARE = 0.95;
/** A queue that grows: the last quarter of the calls waits this much longer than the first, in ratio and in ms. */
const GROWTH_RATIO = 2;
const GROWTH_MIN_MS = 25;

export function judgeTrial(
  evidence: TrialEvidence,
  objective: Objective,
): Exclude<Verdict, { state: 'failed' }> {
  const invalid = invalidReason(evidence);
  if (invalid !== null) return { state: 'invalid', reason: invalid };

  const carriage = carriageOf(evidence.load);
  const growth = evidence.plan.shape === 'steady' ? delayGrowth(evidence.load.setupDelaysMs) : null;
  const p99 = carriage.setupMs?.p99 ?? 0;
  const late = p99 > objective.maxP99SetupMs;
  if (carriage.loss <= objective.maxLoss && !late && growth === null)
    return { state: 'carried', ...carriage };

  const symptom = [
    carriage.loss > objective.maxLoss
      ? `${carriage.plannedCalls - carriage.goodCalls} of ${carriage.plannedCalls} calls lost or retransmitted`
      : null,
    late ? `p99 setup delay ${p99.toFixed(0)} ms, bound ${objective.maxP99SetupMs} ms` : null,
    growth,
  ]
    .filter((part) => part !== null)
    .join('; ');
  const { limiter, evidence: signal } = nameLimiter(evidence);
  return { state: 'overloaded', limiter, evidence: signal ? `${signal}; ${symptom}` : symptom, ...carriage };
}

/** Calls that completed on their first attempt, and when. Planned calls are the base: a skipped call is a lost one. */
export function carriageOf(load: LoadReport): Carriage {
  const delays = load.setupDelaysMs;
  // What the router or the callee had to send again the caller cannot count, but it sees the call complete after T1.
  const sentAgain = Math.max(
    load.retransmissions,
    delays.reduce((late, delay) => (delay >= SIP_T1_MS ? late + 1 : late), 0),
  );
  const goodCalls = Math.max(0, load.successfulCalls - sentAgain);
  const at = (share: number) => percentile(delays, share);
  return {
    plannedCalls: load.plannedCalls,
    goodCalls,
    completedCalls: load.successfulCalls,
    loss: load.plannedCalls === 0 ? 1 : (load.plannedCalls - goodCalls) / load.plannedCalls,
    setupMs: delays.length === 0 ? null : { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
  };
}

const GENERATOR = 'generator: ';

/** An invalid trial's reason blames the generators, which may simply be asked for too much. */
export function blamesGenerator(reason: string): boolean {
  return reason.startsWith(GENERATOR);
}

/** Why the trial says nothing about the router, or null. */
function invalidReason({ plan, load, meters }: TrialEvidence): string | null {
  if (load.generatorFaults.length > 0) return `${GENERATOR}${load.generatorFaults.join('; ')}`;
  const generatorDrops = meters.sockets?.generatorDrops ?? 0;
  if (generatorDrops > 0) return `${GENERATOR}${generatorDrops} datagrams dropped at its own sockets`;
  if (plan.shape === 'burst' || plan.windowMs < MIN_WINDOW_FOR_CPU_MS) return null;
  for (const [meter, whose] of MACHINES) {
    const ticks = meters[meter]?.worstTicksShare ?? 1;
    if (ticks < MIN_TICKS_SHARE)
      return `hidden steal: one CPU${whose} accounted for only ${(ticks * 100).toFixed(0)} % of its time`;
    const steal = meters[meter]?.worstStealPct ?? 0;
    if (steal > MAX_STEAL_PCT) return `steal: ${steal.toFixed(1)} % of one CPU${whose}`;
  }
  for (const role of ['uac', 'uas'] as const) {
    const cpuPct = meters.processes?.[`${role}CpuPct`] ?? 0;
    if (cpuPct > MAX_GENERATOR_CPU_PCT) return `${GENERATOR}${role} used ${cpuPct.toFixed(0)} % of its core`;
  }
  return null;
}

/** "setup delay climbs from 3 to 88 ms" when a queue grew over the window, else null. */
function delayGrowth(delays: Float64Array): string | null {
  const quarter = Math.floor(delays.length / 4);
  if (quarter < 10) return null;
  const mean = (from: number, to: number) =>
    delays.subarray(from, to).reduce((sum, delay) => sum + delay, 0) / (to - from);
  const first = mean(0, quarter);
  const last = mean(delays.length - quarter, delays.length);
  return last > first * GROWTH_RATIO && last - first > GROWTH_MIN_MS
    ? `setup delay climbs from ${first.toFixed(0)} to ${last.toFixed(0)} ms over the window`
    : null;
}

/** The first limiter with evidence; explicit out-of-memory messages come first because they explain all that follows. */
function nameLimiter(evidence: TrialEvidence): { limiter: Limiter; evidence: string } {
  const { meters, plan, load } = evidence;
  const router = meters.router ?? {};
  const sockets = meters.sockets ?? {};
  const busiest = Math.max(0, ...evidence.routerCpus.map((cpu) => meters.mpstat?.[`cpu${cpu}BusyPct`] ?? 0));
  const saturated = plan.shape === 'steady' && busiest >= SATURATED_CORE_PCT;
  const outOfMemory = router.routerLogOutOfMemory ?? 0;
  const serverErrors = load.unexpectedResponses['500'] ?? 0;

  if ((router.shmUsedPeakShare ?? 0) > EXHAUSTED_SHARE && outOfMemory + serverErrors > 0)
    return {
      limiter: 'shm',
      evidence: `${outOfMemory} out-of-memory messages, shared memory ${pct(router.shmUsedPeakShare)} used`,
    };
  if ((router.pkgWorstUsedShare ?? 0) > EXHAUSTED_SHARE && outOfMemory + serverErrors > 0)
    return {
      limiter: 'pkg',
      evidence: `${outOfMemory} out-of-memory messages, private memory ${pct(router.pkgWorstUsedShare)} used`,
    };
  if (outOfMemory > 0)
    return { limiter: 'shm', evidence: `${outOfMemory} out-of-memory messages in the router's log` };
  if ((meters.qdisc?.drops ?? 0) > 0)
    return { limiter: 'qdisc', evidence: `${meters.qdisc?.drops} packets dropped by the queue discipline` };
  if ((meters.softnet?.dropped ?? 0) > 0)
    return {
      limiter: 'softnet-backlog',
      evidence: `${meters.softnet?.dropped} packets dropped at netdev_max_backlog`,
    };
  const drops = sockets.routerDrops ?? 0;
  if (saturated)
    return {
      limiter: 'worker-cpu',
      evidence: `router core ${busiest.toFixed(0)} % busy${drops > 0 ? `, ${drops} datagrams dropped at its socket` : ''}`,
    };
  if (drops > 0)
    return {
      limiter: 'socket-buffer',
      evidence: `${drops} datagrams dropped at the router's socket (buffer ${sockets.routerRcvbufBytes ?? '?'} bytes)`,
    };
  const carriage = carriageOf(load);
  if (carriage.goodCalls === carriage.plannedCalls) return { limiter: 'delay', evidence: '' };
  return { limiter: 'unknown', evidence: 'no counter explains the loss' };
}

function pct(share: number | undefined): string {
  return share === undefined ? '?' : `${(share * 100).toFixed(0)} %`;
}

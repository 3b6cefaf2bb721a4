// Offers a plan to a simulated router and reports what a generator and a meter of CPU time would see of it.
import type { LoadPlan, LoadReport } from '../load/load.ts';
import { gaussian } from '../stats/gaussian.ts';
import type { Random } from '../stats/random.ts';
import { type QueueConditions, type QueueingRouter, type QueueRun, runQueues } from './queueing-router.ts';

export interface SimulatedRouter extends QueueingRouter {
  /** Busy share of its CPUs when it is full: 1 where nothing else ends it. */
  readonly fullShare: number;
  /** Whether it ends by its CPUs, so that a slow machine shows in the CPU time of each call. */
  readonly cpuBound: boolean;
}

export interface OfferConditions extends QueueConditions {
  /** Relative standard deviation of the machine's speed from trial to trial; 0: the meter is exact as well. */
  readonly scatter: number;
  readonly random: Random;
}

export interface SimulatedOffer {
  readonly load: LoadReport;
  readonly queues: QueueRun;
  /** Of the router's CPUs, as metered. */
  readonly busyShare: number;
  /** CPU seconds for each datagram that the router received. */
  readonly cost: number;
}

/** A call costs more CPU time on a router that has little to do: less is done in one go. */
const IDLE_SURCHARGE = 0.1;
/** What a meter of CPU time is wrong by. */
const METER_ERROR = 0.005;

export function offer(router: SimulatedRouter, plan: LoadPlan, conditions: OfferConditions): SimulatedOffer {
  const queues = runQueues(router, plan, conditions);
  const busyShare = meteredShare(router, queues.busyShare, conditions);
  const windowMs = plan.shape === 'steady' ? plan.windowMs : queues.lengthMs;
  return {
    queues,
    busyShare,
    cost: (busyShare * windowMs) / 1_000 / Math.max(1, queues.datagrams),
    load: reportOf(plan, queues, windowMs),
  };
}

function meteredShare(
  { fullShare, cpuBound }: SimulatedRouter,
  share: number,
  { speed, scatter, random }: OfferConditions,
): number {
  // Where something else is full, the CPUs are as fast or slow as they happen to be.
  const cpuSpeed = cpuBound || scatter === 0 ? 1 : Math.exp(scatter * gaussian(random)) / speed;
  const error = scatter === 0 ? 1 : Math.exp(METER_ERROR * gaussian(random));
  return Math.min(1, (fullShare * share * (1 + IDLE_SURCHARGE * (1 - share)) * error) / cpuSpeed);
}

/** A generator counts whole calls. A share of one that is a rounding error of the queues is none. */
function reportOf(plan: LoadPlan, queues: QueueRun, windowMs: number): LoadReport {
  const planned = Math.round(queues.plannedCalls);
  const failed = Math.min(planned, Math.round(queues.refusedCalls));
  const successful = Math.min(planned - failed, Math.round(queues.completedCalls));
  return {
    plannedCalls: planned,
    createdCalls: planned,
    successfulCalls: successful,
    failedCalls: failed,
    unfinishedCalls: planned - failed - successful,
    retransmissions: Math.min(successful, Math.round(queues.sentAgain)),
    offeredForMs: windowMs,
    achievedRateCps: plan.shape === 'steady' ? plan.rateCps : (planned * 1_000) / Math.max(1, windowMs),
    setupDelaysMs: queues.delaysMs,
    sentAtMost: { requests: 3 * planned, replies: 3 * planned },
    generatorFaults: [],
    unexpectedResponses: failed > 0 ? { 500: failed } : {},
  };
}

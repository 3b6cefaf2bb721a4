// A simulated router under a steady rate: a queue of calls in front of a server whose speed is known, with a buffer that
// overflows, delays that grow, and callers that send again what was lost. Its capacity is known, so that what a search says
// can be compared with the truth. It has no knobs yet.
import type { LoadReport, SteadyPlan } from '../load/load.ts';
import type { Random } from '../stats/random.ts';

export interface QueueingRouter {
  /** Calls/s that the server works off at its usual speed. */
  readonly serviceCps: number;
  /** Calls that wait before the next one is dropped. */
  readonly bufferCalls: number;
  /** Set-up delay of an idle router, ms. */
  readonly baseDelayMs: number;
  /** Relative standard deviation of the server's speed from one trial of five seconds to another; a longer one averages it. */
  readonly scatter: number;
  /** Busy share of its CPUs when it is full: 1 where nothing else ends it. */
  readonly fullShare: number;
  /** Whether it ends by its CPUs, so that a slow machine shows in the CPU time of each call. */
  readonly cpuBound: boolean;
}

export interface SimulatedOffer {
  readonly load: LoadReport;
  readonly busyShare: number;
  /** CPU seconds for each call that the server took from the queue. */
  readonly cost: number;
}

const STEP_MS = 10;
/** RFC 3261, 17.1.1.2: an INVITE that is not answered is sent again after T1. */
const T1_STEPS = 500 / STEP_MS;
const DRAIN_STEPS = 4_000 / STEP_MS;
const NOMINAL_MS = 5_000;
/** A call costs more CPU time on a router that has little to do: less is done in one go. */
const IDLE_SURCHARGE = 0.1;
/** What a meter of CPU time is wrong by. */
const METER_ERROR = 0.005;

/** Offers the plan's calls evenly and reports what a generator and the meters would see of them. */
export function offerSteady(router: QueueingRouter, plan: SteadyPlan, random: Random): SimulatedOffer {
  const lengthMs = plan.warmupMs + plan.windowMs;
  const scatter = router.scatter / Math.sqrt(lengthMs / NOMINAL_MS);
  const speed = Math.exp(scatter * gaussian(random));
  const perStep = (router.serviceCps * speed * STEP_MS) / 1_000;
  const steps = Math.ceil(lengthMs / STEP_MS);
  const again = new Map<number, number>();
  const delays: number[] = [];
  let [queue, owed, planned, lost, worked] = [0, 0, 0, 0, 0];
  for (let step = 0; step < steps + DRAIN_STEPS; step += 1) {
    const inWindow = step * STEP_MS >= plan.warmupMs && step < steps;
    if (step < steps) owed += (plan.rateCps * STEP_MS) / 1_000;
    const fresh = Math.floor(owed + 1e-9);
    owed -= fresh;
    for (let call = 0; call < fresh + (again.get(step) ?? 0); call += 1) {
      const isFresh = call < fresh;
      if (inWindow && isFresh) planned += 1;
      if (queue >= router.bufferCalls) {
        again.set(step + T1_STEPS, (again.get(step + T1_STEPS) ?? 0) + 1);
        if (inWindow && isFresh) lost += 1;
        continue;
      }
      queue += 1;
      if (inWindow && isFresh) delays.push(router.baseDelayMs + (queue / perStep) * STEP_MS);
    }
    const done = Math.min(queue, perStep);
    if (inWindow) worked += done;
    queue -= done;
  }
  const share = worked / perStep / (plan.windowMs / STEP_MS);
  // Where something else is full, the CPUs are as fast or slow as they happen to be.
  const cpuSpeed = router.cpuBound ? 1 : Math.exp(scatter * gaussian(random)) / speed;
  const busyShare = Math.min(
    1,
    (router.fullShare *
      share *
      (1 + IDLE_SURCHARGE * (1 - share)) *
      Math.exp(METER_ERROR * gaussian(random))) /
      cpuSpeed,
  );
  return {
    busyShare,
    cost: (busyShare * plan.windowMs) / 1_000 / Math.max(1, worked),
    load: {
      plannedCalls: planned,
      createdCalls: planned,
      successfulCalls: planned,
      failedCalls: 0,
      unfinishedCalls: 0,
      retransmissions: lost,
      offeredForMs: plan.windowMs,
      achievedRateCps: plan.rateCps,
      setupDelaysMs: Float64Array.from(delays),
      sentAtMost: { requests: planned, replies: planned },
      generatorFaults: [],
      unexpectedResponses: {},
    },
  };
}

/** G. E. P. Box, M. E. Muller, 1958. */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

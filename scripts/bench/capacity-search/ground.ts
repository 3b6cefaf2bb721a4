// A simulated router of which the capacity is known, and what one trial on it says: judged by the same rules as a real one.
import { judgeTrial } from '../../../src/capacity/judge.ts';
import type { SeenTrial } from '../../../src/capacity/limit-evidence.ts';
import type { SteadyPlan } from '../../../src/load/load.ts';
import type { Objective } from '../../../src/scenario/scenario.ts';
import { offerSteady, type QueueingRouter } from '../../../src/sim/queueing-router.ts';
import { createRandom, type Random } from '../../../src/stats/random.ts';

export interface Ground {
  readonly seed: number;
  readonly router: QueueingRouter;
  readonly random: Random;
}

/** A trial's time besides its window: warm-up, then drain and what is needed to start clean again. */
const WARM_UP_MS = 500;
const AFTER_MS = 2_000;
const OBJECTIVE: Objective = { maximise: 'capacityCps', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 };
/** Routers that end by something else than their CPUs, so that their CPU time tells nothing of the machine's noise. */
const CPU_BOUND_SHARE = 0.8;
/** Buffers of about 200 KiB and of 4 MiB. */
const BUFFERS = [80, 1_600];

export function createGround(seed: number, scatter: number): Ground {
  const random = createRandom(seed);
  const cpuBound = random() < CPU_BOUND_SHARE;
  return {
    seed,
    random,
    router: {
      serviceCps: 800 * Math.exp(2 * random()),
      bufferCalls: BUFFERS[Math.floor(random() * BUFFERS.length)] as number,
      baseDelayMs: 2,
      scatter,
      cpuBound,
      fullShare: cpuBound ? 0.93 + 0.07 * random() : 0.3 + 0.5 * random(),
    },
  };
}

/** What is known before the first trial, by every method: within about 10 %, as from the CPU time of a light load. */
export function firstGuess({ router, random }: Ground): number {
  return router.serviceCps * Math.exp(0.1 * gaussian(random));
}

export function tryRate(
  { router, random }: Ground,
  rateCps: number,
  windowMs: number,
): SeenTrial & { seconds: number } {
  const plan: SteadyPlan = { shape: 'steady', rateCps, warmupMs: WARM_UP_MS, windowMs };
  const { load, busyShare, cost } = offerSteady(router, plan, random);
  const verdict = judgeTrial({ plan, load, meters: {}, routerCpus: [] }, OBJECTIVE);
  return {
    load: rateCps,
    carried: verdict.state === 'carried',
    cost,
    busyShare,
    seconds: (WARM_UP_MS + windowMs + AFTER_MS) / 1_000,
  };
}

/** G. E. P. Box, M. E. Muller, 1958. */
function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

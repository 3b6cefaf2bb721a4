// A simulated router of which the capacity is known, and what one trial on it says: judged by the same rules as a real one.
import { judgeTrial } from '../../../src/capacity/judge.ts';
import type { SeenTrial } from '../../../src/capacity/limit-evidence.ts';
import type { SteadyPlan } from '../../../src/load/load.ts';
import type { Objective } from '../../../src/scenario/scenario.ts';
import { offer, type SimulatedRouter } from '../../../src/sim/offer.ts';
import { gaussian } from '../../../src/stats/gaussian.ts';
import { createRandom, type Random } from '../../../src/stats/random.ts';

export interface Ground {
  readonly seed: number;
  readonly router: SimulatedRouter;
  /** Its capacity, calls/s, at the machine's usual speed. */
  readonly serviceCps: number;
  /** Relative standard deviation of the machine's speed from one trial of five seconds to another; a longer one averages it. */
  readonly scatter: number;
  readonly random: Random;
}

/** A trial's time besides its window: warm-up, then drain and what is needed to start clean again. */
const WARM_UP_MS = 500;
const AFTER_MS = 2_000;
const NOMINAL_MS = 5_000;
const HOLD_MS = 500;
const OBJECTIVE: Objective = { maximise: 'capacityCps', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 };
/** Routers that end by something else than their CPUs, so that their CPU time tells nothing of the machine's noise. */
const CPU_BOUND_SHARE = 0.8;
/** All messages take the same: what an overload makes of their mix does not show in their mean. */
const EVEN_WORK = { invite: 1 / 6, answers: 2 / 6, ack: 1 / 6, bye: 2 / 6 };
/** Datagrams in buffers of about 200 KiB and of 4 MiB. */
const BUFFERS = [130, 2_600];

export function createGround(seed: number, scatter: number): Ground {
  const random = createRandom(seed);
  const cpuBound = random() < CPU_BOUND_SHARE;
  const serviceCps = 800 * Math.exp(2 * random());
  return {
    seed,
    random,
    serviceCps,
    scatter,
    router: {
      callMs: 1_000 / serviceCps,
      cpus: 1,
      work: EVEN_WORK,
      bufferDatagrams: BUFFERS[Math.floor(random() * BUFFERS.length)] as number,
      baseDelayMs: 2,
      cpuBound,
      fullShare: cpuBound ? 0.93 + 0.07 * random() : 0.3 + 0.5 * random(),
    },
  };
}

/** What is known before the first trial, by every method: within about 10 %, as from the CPU time of a light load. */
export function firstGuess({ serviceCps, random }: Ground): number {
  return serviceCps * Math.exp(0.1 * gaussian(random));
}

export function tryRate(ground: Ground, rateCps: number, windowMs: number): SeenTrial & { seconds: number } {
  const { router, random } = ground;
  const plan: SteadyPlan = { shape: 'steady', rateCps, warmupMs: WARM_UP_MS, windowMs };
  const scatter = ground.scatter / Math.sqrt((WARM_UP_MS + windowMs) / NOMINAL_MS);
  const { load, busyShare, cost } = offer(router, plan, {
    speed: Math.exp(scatter * gaussian(random)),
    holdMs: HOLD_MS,
    arrivals: { steady: undefined, burstCallsPerMs: 1, random },
    scatter,
    random,
  });
  const verdict = judgeTrial({ plan, load, meters: {}, routerCpus: [] }, OBJECTIVE);
  return {
    load: rateCps,
    carried: verdict.state === 'carried',
    cost,
    busyShare,
    seconds: (WARM_UP_MS + windowMs + AFTER_MS) / 1_000,
  };
}

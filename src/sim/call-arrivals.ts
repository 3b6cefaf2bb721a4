// How many calls begin in each step of virtual time: evenly, at random, in periodic bursts, or all at once.
import type { LoadPlan } from '../load/load.ts';
import type { Arrivals } from '../scenario/scenario.ts';
import { gaussian } from '../stats/gaussian.ts';
import type { Random } from '../stats/random.ts';

export interface CallArrivals {
  /** Of a steady rate; undefined: evenly. */
  readonly steady: Arrivals | undefined;
  /** How fast generators begin the calls of a burst, calls/ms. */
  readonly burstCallsPerMs: number;
  /** For arrivals at random. */
  readonly random: Random;
}

export interface StepArrivals {
  readonly calls: Float64Array;
  /** The steps whose calls are counted: from `from`, before `to`. */
  readonly from: number;
  readonly to: number;
}

/** Offered before a burst on top of a steady rate, ms. */
const BASE_WARMUP_MS = 1_000;
/** A Poisson number above this is as good as a normal one. */
const NORMAL_FROM = 50;

export function callsInSteps(plan: LoadPlan, stepMs: number, arrivals: CallArrivals): StepArrivals {
  if (plan.shape === 'burst') return burst(plan.calls, plan.baseRateCps ?? 0, stepMs, arrivals);
  const count = Math.ceil((plan.warmupMs + plan.windowMs) / stepMs);
  const from = Math.round(plan.warmupMs / stepMs);
  const perStep = (plan.rateCps * stepMs) / 1_000;
  const shares = weights(count, from, stepMs, arrivals, perStep);
  return { calls: shares, from, to: count };
}

function burst(
  calls: number,
  baseRateCps: number,
  stepMs: number,
  { burstCallsPerMs }: CallArrivals,
): StepArrivals {
  const before = baseRateCps > 0 ? BASE_WARMUP_MS / stepMs : 0;
  const perStep = burstCallsPerMs * stepMs;
  const steps = Math.max(1, Math.ceil(calls / perStep));
  const base = (baseRateCps * stepMs) / 1_000;
  // The base rate goes on until a burst that is carried in time has been worked off.
  const after = baseRateCps > 0 ? BASE_WARMUP_MS / stepMs : 0;
  const inSteps = new Float64Array(before + steps + after).fill(base);
  for (let n = 0; n < steps; n += 1) inSteps[before + n] = base + Math.min(perStep, calls - n * perStep);
  return { calls: inSteps, from: before, to: before + steps + after };
}

function weights(
  count: number,
  from: number,
  stepMs: number,
  { steady, random }: CallArrivals,
  perStep: number,
): Float64Array {
  const calls = new Float64Array(count).fill(perStep);
  if (steady?.kind === 'poisson') {
    for (let n = 0; n < count; n += 1) calls[n] = poisson(perStep, random);
    // As for real generators, the number of the counted calls is the plan's; only their times are random.
    const sum = calls.subarray(from).reduce((total, one) => total + one, 0);
    const scale = sum > 0 ? (perStep * (count - from)) / sum : 0;
    for (let n = from; n < count; n += 1) calls[n] = (calls[n] as number) * scale;
  }
  if (steady?.kind === 'bursts') {
    const { factor, everyMs, forMs } = steady;
    const rest = (everyMs - factor * forMs) / (everyMs - forMs);
    // Each period has its burst in the middle.
    const [begin, end] = [(everyMs - forMs) / 2, (everyMs + forMs) / 2];
    for (let n = 0; n < count; n += 1) {
      const at = modulo((n - from) * stepMs, everyMs);
      const inside = Math.max(0, Math.min(end, at + stepMs) - Math.max(begin, at)) / stepMs;
      calls[n] = perStep * (inside * factor + (1 - inside) * rest);
    }
  }
  return calls;
}

/** D. E. Knuth, The Art of Computer Programming 2, 3.4.1, exercise 8; for large means the normal approximation. */
function poisson(mean: number, random: Random): number {
  if (mean > NORMAL_FROM) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gaussian(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

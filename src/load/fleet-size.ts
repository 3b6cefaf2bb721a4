// How many pairs of generators a plan needs, how many the CPUs can feed, and which CPUs each of them has.
import { cpuList } from '../targets/cpu-list.ts';
import type { LoadPlan } from './load.ts';

/** Of the rate that one process reaches at its best; near it, it is late, and has nothing left for a router that repeats. */
const USABLE_SHARE = 0.8;
/** Each has two answers to take, in a socket buffer with room for 6,500; and more than this take too long to leave. */
const BURST_CALLS_PER_PAIR = 3_000;
const CPUS_PER_PAIR = 2;

/** A pair that shares its CPUs with another takes from it what it adds. */
export function pairsFed(loadCpus: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(loadCpus / CPUS_PER_PAIR)));
}

/** `limitCps` is what one pair reaches; null: not known, and then all that can be fed are used. */
export function pairsNeeded(plan: LoadPlan, limitCps: number | null): number {
  if (plan.shape === 'burst') return Math.max(1, Math.ceil(plan.calls / BURST_CALLS_PER_PAIR));
  if (limitCps === null) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.ceil(plan.rateCps / (limitCps * USABLE_SHARE)));
}

export interface PairCpus {
  /** CPU lists for taskset(1). */
  readonly caller: string;
  readonly callee: string;
}

/** A core for each process where there are enough of them. A single pair has all. */
export function cpusOfPairs(loadCpus: string, pairs: number): readonly PairCpus[] {
  const cpus = cpuList(loadCpus);
  const own = pairs > 1 && cpus.length >= pairs * CPUS_PER_PAIR;
  return Array.from({ length: pairs }, (_, pair) => ({
    caller: own ? String(cpus[pair * CPUS_PER_PAIR]) : loadCpus,
    callee: own ? String(cpus[pair * CPUS_PER_PAIR + 1]) : loadCpus,
  }));
}

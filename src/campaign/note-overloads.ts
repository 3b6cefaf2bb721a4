// Keeps, of each overloaded trial, what gave way and about how much the router would have carried: one look that costs nothing, for
// those who only want to rank.
import { type LoadPlan, loadOf } from '../load/load.ts';
import type { Objective } from '../scenario/scenario.ts';
import type { TestBed } from './test-bed.ts';
import type { Limiter, Verdict } from './verdict.ts';

export interface Overload {
  readonly limiter: Limiter;
  readonly shape: LoadPlan['shape'];
  readonly load: number;
  /** Between LEAST_SHARE of the load and the load. */
  readonly suggested: number;
}

/** A trial that loses nearly everything tells only that the limit is far below. */
const LEAST_SHARE = 0.3;
const MOST_SHARE = 0.98;

/** The latest first, by the label of the configuration. */
export type Overloads = Map<string, readonly Overload[]>;

export function notingOverloads(bed: TestBed, overloads: Overloads, objective: Objective): TestBed {
  return {
    ...bed,
    async offer(label, plan) {
      const trial = await bed.offer(label, plan);
      const { verdict } = trial;
      if (verdict.state === 'overloaded') {
        const load = loadOf(plan);
        const suggested = load * carriedShare(plan, verdict, objective);
        const before = overloads.get(label) ?? [];
        overloads.set(label, [{ limiter: verdict.limiter, shape: plan.shape, load, suggested }, ...before]);
      }
      return trial;
    },
  };
}

/** Of a burst, what was carried in time would have been carried alone. A steady overload loses the more the longer it lasts. */
function carriedShare(
  plan: LoadPlan,
  { goodCalls, plannedCalls, setupMs }: Extract<Verdict, { state: 'overloaded' }>,
  { maxP99SetupMs }: Objective,
): number {
  const good = plannedCalls > 0 ? goodCalls / plannedCalls : 0;
  const inTime = setupMs === null || setupMs.p99 <= 0 ? 1 : maxP99SetupMs / setupMs.p99;
  const share = Math.min(good, plan.shape === 'burst' ? inTime : Math.sqrt(inTime));
  return Math.min(MOST_SHARE, Math.max(LEAST_SHARE, share));
}

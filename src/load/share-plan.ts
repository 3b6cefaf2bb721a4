// A plan dealt out to several generators: rates and calls add up to the plan's, to the last call.
import type { CallCounts, LoadPart, LoadPlan, SteadyPlan } from './load.ts';
import { callOrder } from './sipp-argv.ts';

export interface PlanShare {
  readonly plan: LoadPlan;
  readonly part: LoadPart;
}

/** At most `most` shares, none of them without a counted call. */
export function sharePlan(whole: LoadPlan, most: number): readonly PlanShare[] {
  const counts = callOrder(whole);
  const of = Math.max(1, Math.min(most, counts.counted));
  return Array.from({ length: of }, (_, index) => ({
    plan: of === 1 ? whole : shareOf(whole, counts, { index, of }),
    part: { whole, index, of },
  }));
}

function shareOf(
  whole: LoadPlan,
  { uncounted, counted }: CallCounts,
  { index, of }: Pick<LoadPart, 'index' | 'of'>,
): LoadPlan {
  /** Of the first `calls` of the plan. */
  const own = (calls: number) => Math.ceil((calls - index) / of);
  if (whole.shape === 'burst') return { ...whole, calls: own(whole.calls) };
  const share: SteadyPlan = {
    ...whole,
    rateCps: whole.rateCps / of,
    calls: { uncounted: own(uncounted), counted: own(uncounted + counted) - own(uncounted) },
  };
  return share;
}

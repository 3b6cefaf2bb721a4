// What the meters cost where it counts: the capacity that a search finds with them, and without any.
import { createSpoilt, type MeasureContext, measure } from '../../../src/campaign/measure.ts';
import type { Clock } from '../../../src/clock.ts';
import type { LoadPlan } from '../../../src/load/load.ts';
import type { LoadSpec } from '../../../src/scenario/scenario.ts';
import type { Bench } from './bench.ts';

/** Half the width of a bracket. */
const WIDTH = 0.02;
const LIMIT_MS = 45_000;
const BUDGET_MS = 3_600_000;
/** A search that the machine kept from an answer is repeated this often. */
const ATTEMPTS = 3;

export interface Searching {
  readonly load: LoadSpec;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Calls/s; NaN where no search got between what is carried and what is not. */
export async function measureCapacity(bench: Bench, metered: boolean, searching: Searching): Promise<number> {
  for (let attempt = 1; attempt <= ATTEMPTS && !searching.signal.aborted; attempt += 1) {
    const found = await searchOnce(bench, metered, searching);
    if (!Number.isNaN(found)) return found;
  }
  return Number.NaN;
}

/** Nothing is taken over from an earlier search: each begins as if nothing were known. */
async function searchOnce(
  bench: Bench,
  metered: boolean,
  { load, clock, signal }: Searching,
): Promise<number> {
  const bed: MeasureContext['bed'] = {
    offer: (label: string, plan: LoadPlan) => bench.offer(label, plan, metered),
    recover: () => bench.recover(),
    // The bare one cannot know it, so the other does not either: both must search alike.
    routerBusyShare: () => null,
  };
  const startMs = clock.nowMs();
  const { limit, evidence } = await measure(
    {
      ...{ label: metered ? 'metered' : 'bare', metric: 'capacityCps', prior: undefined, width: WIDTH },
      deadlineMs: startMs + LIMIT_MS,
      budgetEndMs: startMs + BUDGET_MS,
    },
    { bed, clock, load, signal, spoilt: createSpoilt() },
  );
  return evidence.some(({ carried }) => !carried) ? limit.estimate : Number.NaN;
}

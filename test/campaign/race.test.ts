// How many trials a candidate costs.
import { expect, test } from 'vitest';
import type { Campaign } from '../../src/campaign/campaign.ts';
import type { TrialRecord } from '../../src/campaign/events.ts';
import { createMeasured } from '../../src/campaign/findings.ts';
import { createSpoilt } from '../../src/campaign/measure.ts';
import { notingOverloads, type Overloads } from '../../src/campaign/note-overloads.ts';
import { race } from '../../src/campaign/race.ts';
import type { TestBed } from '../../src/campaign/test-bed.ts';
import { ARTICLE } from '../../src/sim/landscapes/article.ts';

/** Carries so many calls of a burst in time, trial by trial. */
async function raced(good: readonly number[], load = 1_000) {
  let trials = 0;
  const bed = {
    recover: async () => ({ state: 'applied', restarted: true }),
    routerBusyShare: () => null,
    async offer(label: string, plan: TrialRecord['plan']) {
      const goodCalls = Math.min(load, good[trials] ?? 0);
      trials += 1;
      const carriage = { plannedCalls: load, goodCalls, completedCalls: load, loss: 1 - goodCalls / load };
      const setupMs = { p50: 20, p95: 80, p99: 100, max: 120 };
      const verdict =
        goodCalls === load
          ? { state: 'carried', ...carriage, setupMs }
          : { state: 'overloaded', ...carriage, setupMs, limiter: 'socket-buffer', evidence: '' };
      return { label, plan, verdict, meters: {} };
    },
  } as unknown as TestBed;
  const overloads: Overloads = new Map();
  const campaign = {
    ...{ overloads, scenario: { load: ARTICLE.load }, signal: new AbortController().signal },
    ...{ spoilt: createSpoilt(), bed: notingOverloads(bed, overloads, ARTICLE.objective) },
  } as unknown as Campaign;
  const candidate = createMeasured('candidate 1', {});
  return { ...(await race(campaign, candidate, 'burstCalls', load)), trials, overloads };
}

test('a hopeless candidate costs one trial, which tells about how much it carries, and what gave way', async () => {
  const { seen, suggested, trials, overloads } = await raced([400]);
  expect({ seen, suggested, trials }).toEqual({ seen: 'overloaded', suggested: 400, trials: 1 });
  expect(overloads.get('candidate 1')).toEqual([
    { limiter: 'socket-buffer', shape: 'burst', load: 1_000, suggested: 400 },
  ]);
});

test('one that nearly carries the load is offered it again, and one that carries it is not', async () => {
  expect(await raced([950, 960])).toMatchObject({ seen: 'overloaded', suggested: 960, trials: 2 });
  expect(await raced([950, 1_000, 1_000])).toMatchObject({ seen: 'carried', trials: 3 });
  expect(await raced([950, 1_000, 900])).toMatchObject({ seen: 'overloaded', trials: 3 });
  expect(await raced([1_000])).toMatchObject({ seen: 'carried', trials: 1 });
});

// The simulated router must end where it says that it ends: what a search finds on it is compared with that.
import { expect, test } from 'vitest';
import { judgeTrial } from '../../src/capacity/judge.ts';
import type { Objective } from '../../src/scenario/scenario.ts';
import { offerSteady, type QueueingRouter } from '../../src/sim/queueing-router.ts';
import { createRandom } from '../../src/stats/random.ts';

const ROUTER: QueueingRouter = {
  serviceCps: 2_000,
  bufferCalls: 80,
  baseDelayMs: 2,
  scatter: 0,
  fullShare: 0.96,
  cpuBound: true,
};
const OBJECTIVE: Objective = { maximise: 'capacityCps', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 };

function offer(rateCps: number, router: QueueingRouter, seed = 1) {
  const plan = { shape: 'steady' as const, rateCps, warmupMs: 500, windowMs: 5_000 };
  const seen = offerSteady(router, plan, createRandom(seed));
  return { ...seen, verdict: judgeTrial({ plan, load: seen.load, meters: {}, routerCpus: [] }, OBJECTIVE) };
}

test.each([80, 1_600])(
  'with a buffer of %d calls it carries what it can serve, and no more',
  (bufferCalls) => {
    const router = { ...ROUTER, bufferCalls };
    expect(offer(1_990, router).verdict.state).toBe('carried');
    expect(offer(2_040, router).verdict.state).toBe('overloaded');
  },
);

test('every call that was planned is accounted for', () => {
  const { load } = offer(2_500, ROUTER);
  expect(load.plannedCalls).toBe(12_500);
  expect(load.setupDelaysMs.length + load.retransmissions).toBe(12_500);
});

test('a machine that is slow in a trial shows in the CPU time of each call', () => {
  const trials = Array.from({ length: 20 }, (_, seed) => offer(1_000, { ...ROUTER, scatter: 0.1 }, seed + 1));
  for (const { busyShare, cost } of trials) expect(cost).toBeCloseTo(busyShare / 1_000, 5);
  expect(Math.max(...trials.map(({ cost }) => cost))).toBeGreaterThan(
    1.1 * Math.min(...trials.map(({ cost }) => cost)),
  );
});

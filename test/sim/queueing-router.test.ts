// The simulated router must end where it says that it ends: what a search finds on it is compared with that.
import { expect, test } from 'vitest';
import { judgeTrial } from '../../src/capacity/judge.ts';
import type { Arrivals, Objective } from '../../src/scenario/scenario.ts';
import { type OfferConditions, offer, type SimulatedRouter } from '../../src/sim/offer.ts';
import { createRandom } from '../../src/stats/random.ts';

const ROUTER: SimulatedRouter = {
  callMs: 0.5,
  cpus: 1,
  bufferDatagrams: 160,
  baseDelayMs: 2,
  fullShare: 0.96,
  cpuBound: true,
};
const OBJECTIVE: Objective = { maximise: 'capacityCps', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 };

function conditions(given: { speed?: number; scatter?: number; steady?: Arrivals } = {}): OfferConditions {
  const random = createRandom(1);
  const { speed = 1, scatter = 0, steady } = given;
  return { speed, scatter, random, holdMs: 500, arrivals: { steady, burstCallsPerMs: 100, random } };
}

function steadily(rateCps: number, router: SimulatedRouter, given?: Parameters<typeof conditions>[0]) {
  const plan = { shape: 'steady' as const, rateCps, warmupMs: 500, windowMs: 5_000 };
  const seen = offer(router, plan, conditions(given));
  return { ...seen, verdict: judgeTrial({ plan, load: seen.load, meters: {}, routerCpus: [] }, OBJECTIVE) };
}

function atOnce(calls: number, router: SimulatedRouter) {
  return offer(router, { shape: 'burst', calls }, conditions());
}

test.each([160, 3_200])(
  'with %d datagrams of buffer it carries what it can serve, and no more',
  (bufferDatagrams) => {
    const router = { ...ROUTER, bufferDatagrams };
    expect(steadily(1_990, router).verdict.state).toBe('carried');
    expect(steadily(2_040, router).verdict.state).toBe('overloaded');
  },
);

test('every call that was planned is accounted for', () => {
  for (const rateCps of [1_000, 2_500, 8_000]) {
    const { load } = steadily(rateCps, ROUTER);
    expect(load.plannedCalls).toBe(5 * rateCps);
    expect(load.successfulCalls + load.failedCalls + load.unfinishedCalls).toBe(5 * rateCps);
  }
});

test('two CPUs carry twice as much', () => {
  const router = { ...ROUTER, cpus: 2 };
  expect(steadily(3_980, router).verdict.state).toBe('carried');
  expect(steadily(4_080, router).verdict.state).toBe('overloaded');
});

test('a router that is twice as slow works off half as much', () => {
  expect(steadily(990, ROUTER, { speed: 0.5 }).verdict.state).toBe('carried');
  expect(steadily(1_040, ROUTER, { speed: 0.5 }).verdict.state).toBe('overloaded');
});

test('a burst loses what its socket does not hold, and the callers send it again after T1', () => {
  const { load, queues } = atOnce(400, ROUTER);
  expect(queues.dropped.socket).toBeGreaterThan(10);
  expect(queues.queue.peak).toBeCloseTo(160, 6);
  expect(load.retransmissions).toBeGreaterThan(10);
  expect(Math.max(...load.setupDelaysMs)).toBeGreaterThan(500);
});

test('a burst that waits longer than T1 comes twice, though nothing was dropped', () => {
  const { load, queues } = atOnce(4_000, { ...ROUTER, bufferDatagrams: 1e6 });
  expect(queues.dropped.socket).toBe(0);
  expect(load.retransmissions).toBeGreaterThan(1_000);
});

test('packets that come faster than the softirq hands them on wait in a backlog that may overflow', () => {
  const router = { ...ROUTER, bufferDatagrams: 1e6 };
  const with_ = (packets: number) => atOnce(1_000, { ...router, backlog: { packets, packetsPerMs: 50 } });
  expect(with_(100).queues.dropped.backlog).toBeGreaterThan(100);
  expect(with_(1_000).queues.dropped.backlog).toBe(0);
});

test('a slow link lets a queue grow behind the router, which delays or drops', () => {
  const with_ = (packets: number) =>
    atOnce(500, { ...ROUTER, bufferDatagrams: 1e6, egress: { packets, packetsPerMs: 2 } });
  expect(with_(50).queues.dropped.egress).toBeGreaterThan(10);
  const roomy = with_(5_000);
  expect(roomy.queues.dropped.egress).toBe(0);
  const unlimited = atOnce(500, { ...ROUTER, bufferDatagrams: 1e6 });
  expect(Math.max(...roomy.load.setupDelaysMs)).toBeGreaterThan(Math.max(...unlimited.load.setupDelaysMs));
});

test('transactions that find no memory are answered with 500', () => {
  const memory = { mib: 64, idleMib: 5, kibPerTransaction: 15 };
  const { load } = steadily(1_000, { ...ROUTER, memory });
  expect(load.failedCalls).toBeGreaterThan(500);
  expect(load.unexpectedResponses[500]).toBe(load.failedCalls);
  expect(steadily(1_000, { ...ROUTER, memory: { ...memory, mib: 512 } }).load.failedCalls).toBe(0);
});

test('calls that come in bursts need a buffer where even ones need none', () => {
  const bursts: Arrivals = { kind: 'bursts', factor: 4, everyMs: 1_000, forMs: 100 };
  expect(steadily(1_500, ROUTER).verdict.state).toBe('carried');
  expect(steadily(1_500, ROUTER, { steady: bursts }).verdict.state).toBe('overloaded');
  expect(steadily(1_500, { ...ROUTER, bufferDatagrams: 3_200 }, { steady: bursts }).verdict.state).toBe(
    'carried',
  );
});

test('calls that come at random are as many as planned', () => {
  const { load } = steadily(1_000, ROUTER, { steady: { kind: 'poisson' } });
  expect(load.plannedCalls).toBe(5_000);
  expect(Math.max(...load.setupDelaysMs)).toBeGreaterThan(2);
});

test('a machine that is slow in a trial shows in the CPU time of each message', () => {
  const [usual, slow] = [steadily(1_000, ROUTER), steadily(1_000, ROUTER, { speed: 0.8 })];
  expect(slow.cost / usual.cost).toBeCloseTo(1 / 0.8, 1);
});

test('what a trial costs does not depend on its number of calls', () => {
  const time = (rateCps: number, cpus: number) => {
    const startMs = performance.now();
    for (let n = 0; n < 5; n += 1) steadily(rateCps, { ...ROUTER, cpus });
    return performance.now() - startMs;
  };
  // The least of many: what else the machine does in between only adds to it.
  const times = Array.from({ length: 20 }, () => [time(1_000, 1), time(20_000, 20)] as const);
  const [few, many] = [times.map(([one]) => one), times.map(([, other]) => other)];
  // Twenty times as many calls.
  expect(Math.min(...many)).toBeLessThan(4 * Math.min(...few));
});

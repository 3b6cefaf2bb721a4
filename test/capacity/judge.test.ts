// Whose limit was seen: a generator's fault is never the router's, and a limiter is named by its own counter.
import { describe, expect, test } from 'vitest';
import { judgeTrial, type TrialEvidence } from '../../src/capacity/judge.ts';
import type { LoadReport } from '../../src/load/load.ts';
import type { Objective } from '../../src/scenario/scenario.ts';

const objective: Objective = { maximise: 'burstCalls', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 };

const delays = (count: number, ms: (index: number) => number) =>
  Float64Array.from({ length: count }, (_, i) => ms(i));

function evidence(load: Partial<LoadReport> = {}, meters: TrialEvidence['meters'] = {}): TrialEvidence {
  return {
    plan: { shape: 'steady', rateCps: 1_000, warmupMs: 1_000, windowMs: 5_000 },
    load: {
      plannedCalls: 5_000,
      createdCalls: 5_000,
      successfulCalls: 5_000,
      failedCalls: 0,
      unfinishedCalls: 0,
      retransmissions: 0,
      offeredForMs: 5_000,
      achievedRateCps: 1_000,
      setupDelaysMs: delays(5_000, () => 3),
      sentAtMost: { requests: 15_000, replies: 15_000 },
      generatorFaults: [],
      unexpectedResponses: {},
      ...load,
    },
    meters,
    routerCpus: [0],
  };
}
const judge = (load: Partial<LoadReport> = {}, meters: TrialEvidence['meters'] = {}) =>
  judgeTrial(evidence(load, meters), objective);

test('all calls in time are carried', () => {
  expect(judge()).toMatchObject({ state: 'carried', loss: 0, setupMs: { p99: 3 } });
});

test('loss counts from planned calls, and a retransmission is a loss that UDP hid', () => {
  expect(judge({ retransmissions: 5 })).toMatchObject({ state: 'carried', loss: 0.001 });
  expect(judge({ retransmissions: 50 })).toMatchObject({ state: 'overloaded', goodCalls: 4_950, loss: 0.01 });
  expect(judge({ successfulCalls: 4_000, unfinishedCalls: 1_000 })).toMatchObject({
    state: 'overloaded',
    loss: 0.2,
  });
});

test('calls that all complete, but late, are not carried', () => {
  const verdict = judge({ setupDelaysMs: delays(5_000, (i) => (i % 50 === 0 ? 300 : 3)) });
  expect(verdict).toMatchObject({ state: 'overloaded', limiter: 'delay', loss: 0 });
});

test('a queue that grows over the window is overload before anything is lost or late', () => {
  const verdict = judge({ setupDelaysMs: delays(5_000, (i) => 2 + i / 50) });
  expect(verdict).toMatchObject({ state: 'overloaded', evidence: expect.stringContaining('climbs') });
});

test('no answered call at all is overload, not a division by zero', () => {
  const verdict = judge({ successfulCalls: 0, failedCalls: 5_000, setupDelaysMs: new Float64Array() });
  expect(verdict).toMatchObject({ state: 'overloaded', loss: 1 });
});

describe('not the router’s fault', () => {
  test.each([
    ['generator faults', { generatorFaults: ['watchdog triggered 2 times'] }, {}, /watchdog/],
    ['drops at the generator’s socket', {}, { sockets: { generatorDrops: 7 } }, /7 datagrams/],
    ['steal', {}, { ticks: { worstTicksShare: 1, worstStealPct: 12 } }, /steal/],
    ['hidden steal', {}, { ticks: { worstTicksShare: 0.8, worstStealPct: 0 } }, /hidden steal.*80 %/],
    ['a generator at its limit', {}, { processes: { uacCpuPct: 97 } }, /uac used 97 %/],
  ])('%s makes the trial invalid, whatever was lost', (_name, load, meters, reason) => {
    const verdict = judge({ retransmissions: 500, ...load }, meters as TrialEvidence['meters']);
    expect(verdict).toMatchObject({ state: 'invalid', reason: expect.stringMatching(reason) });
  });
});

describe('the limiter', () => {
  test.each([
    ['shm', { router: { routerLogOutOfMemory: 9, shmUsedPeakShare: 0.99 }, sockets: { routerDrops: 100 } }],
    ['pkg', { router: { routerLogOutOfMemory: 9, shmUsedPeakShare: 0.2, pkgWorstUsedShare: 0.99 } }],
    ['qdisc', { qdisc: { drops: 40 }, sockets: { routerDrops: 3 } }],
    ['softnet-backlog', { softnet: { dropped: 40 }, sockets: { routerDrops: 3 } }],
    ['worker-cpu', { mpstat: { cpu0BusyPct: 99.5, cpu1BusyPct: 10 }, sockets: { routerDrops: 300 } }],
    ['socket-buffer', { mpstat: { cpu0BusyPct: 60 }, sockets: { routerDrops: 300 } }],
    ['unknown', { mpstat: { cpu0BusyPct: 60, cpu1BusyPct: 99 } }],
  ])('%s', (limiter, meters) => {
    expect(judge({ retransmissions: 500 }, meters as unknown as TrialEvidence['meters'])).toMatchObject({
      state: 'overloaded',
      limiter,
    });
  });

  test('a burst is not blamed on the CPU: it is meant to be faster than the workers', () => {
    const burst = {
      ...evidence({ retransmissions: 50 }, { mpstat: { cpu0BusyPct: 100 }, sockets: { routerDrops: 50 } }),
      plan: { shape: 'burst', calls: 500 } as const,
    };
    expect(judgeTrial(burst, objective)).toMatchObject({ state: 'overloaded', limiter: 'socket-buffer' });
  });
});

// Whose limit was seen: a generator's fault is never the router's, and a limiter is named by its own counter.
import { describe, expect, test } from 'vitest';
import type { TrialEvidence } from '../../src/capacity/evidence.ts';
import { blamesGenerator } from '../../src/capacity/invalid.ts';
import { judgeTrial } from '../../src/capacity/judge.ts';
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
    loadCpus: [1],
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

describe('a buffer that swallows the excess', () => {
  // 8 MiB hold 10 % of 4,000 calls/s for more than three seconds: nothing is lost, and yet the router falls behind.
  const swallowed = (excess: number, warmupMs: number, windowMs: number) => {
    const calls = (4_000 * windowMs) / 1_000;
    const seen = evidence(
      {
        plannedCalls: calls,
        successfulCalls: calls,
        setupDelaysMs: delays(calls, (i) => 2 + excess * (warmupMs + i / 4)),
      },
      { sockets: { routerRcvbufBytes: 16 * 2 ** 20 } },
    );
    const lenient = { ...objective, maxP99SetupMs: 10_000 };
    return judgeTrial({ ...seen, plan: { shape: 'steady', rateCps: 4_000, warmupMs, windowMs } }, lenient);
  };

  test.each([
    [0.1, 1_000, 3_000],
    [0.01, 1_000, 5_000],
    // After a long warm-up the queue is long already when the window begins.
    [0.03, 10_000, 3_000],
    [0.01, 10_000, 5_000],
  ])('an excess of %d, after %i ms, within %i ms', (excess, warmupMs, windowMs) => {
    expect(swallowed(excess, warmupMs, windowMs)).toMatchObject({
      state: 'overloaded',
      loss: 0,
      evidence: expect.stringMatching(/setup delay climbs from \d+ to \d+ ms/),
    });
  });

  test('a queue that is as long at the end as at the start is not growing', () => {
    const wavy = delays(5_000, (i) => 20 + 15 * Math.sin(i / 40));
    expect(judge({ setupDelaysMs: wavy })).toMatchObject({ state: 'carried' });
  });

  test('a hiccup near the end is no trend', () => {
    const hiccup = delays(5_000, (i) => (i > 4_600 && i < 5_000 ? 60 : 40 + (i % 7)));
    expect(judge({ setupDelaysMs: hiccup })).toMatchObject({ state: 'carried' });
  });

  test('Recv-Q of the router’s socket climbs: never carried, though no call was late', () => {
    const sockets = { routerRcvqEarlyBytes: 20_000, routerRcvqLateBytes: 900_000 };
    expect(judge({}, { sockets })).toMatchObject({
      state: 'overloaded',
      evidence: expect.stringContaining('Recv-Q of the router’s socket climbs'.replace('’', "'")),
    });
    // A few datagrams more are a moment's chance.
    const flat = { routerRcvqEarlyBytes: 2_560, routerRcvqLateBytes: 12_800 };
    expect(judge({}, { sockets: flat })).toMatchObject({ state: 'carried' });
  });
});

test('no answered call at all is overload, not a division by zero', () => {
  const verdict = judge({ successfulCalls: 0, failedCalls: 5_000, setupDelaysMs: new Float64Array() });
  expect(verdict).toMatchObject({ state: 'overloaded', loss: 1 });
});

describe('not the router’s fault', () => {
  test.each([
    ['generator faults', { generatorFaults: ['watchdog triggered 2 times'] }, {}, /watchdog/],
    ['drops at the generator’s socket', {}, { sockets: { generatorDrops: 7 } }, /7 datagrams/],
    ['steal', {}, { ticks: { worstHiddenStealPct: 0, worstStealPct: 12 } }, /steal/],
    ['hidden steal', {}, { ticks: { worstHiddenStealPct: 20, worstStealPct: 0 } }, /hidden steal.*20 %/],
    ['a generator at its limit', {}, { processes: { uacCpuPct: 97 } }, /uac used 97 %/],
    [
      'one generator of several at its limit',
      {},
      {
        processes: {
          uacCpuPct: 60,
          uac1CpuPct: 30,
          uac2CpuPct: 30,
          uasCpuPct: 110,
          uas1CpuPct: 15,
          uas2CpuPct: 95,
        },
      },
      /uas of pair 2 used 95 % of its core/,
    ],
    [
      'several that share a core which is full',
      {},
      {
        processes: {
          uacCpuPct: 50,
          uac1CpuPct: 25,
          uac2CpuPct: 25,
          uasCpuPct: 45,
          uas1CpuPct: 20,
          uas2CpuPct: 25,
        },
      },
      /its 4 processes used 95 % of their one core/,
    ],
    [
      'drops at the generator’s socket outside the window',
      {},
      { offer: { generatorDrops: 3 } },
      /3 datagrams/,
    ],
    ['another process', {}, { rivals: { 'pid 77 (yes) cpu 0': 98 } }, /yes \(PID 77\) used 98 % of CPU 0/],
    [
      'a meter that missed samples',
      {},
      { sampling: { ticksMissed: 3, ticksExpected: 7 } },
      /ticks missed 3 of 7/,
    ],
  ])('%s makes the trial invalid, whatever was lost', (_name, load, meters, reason) => {
    const verdict = judge({ retransmissions: 500, ...load }, meters as TrialEvidence['meters']);
    expect(verdict).toMatchObject({ state: 'invalid', reason: expect.stringMatching(reason) });
  });
});

test('several generators are judged one by one, not by their sum', () => {
  const two = {
    uacCpuPct: 100,
    uac1CpuPct: 50,
    uac2CpuPct: 50,
    uasCpuPct: 60,
    uas1CpuPct: 30,
    uas2CpuPct: 30,
  };
  const onFour = { ...evidence({}, { processes: two }), loadCpus: [4, 5, 6, 7] };
  expect(judgeTrial(onFour, objective)).toMatchObject({ state: 'carried' });
});

test('a generator that another process keeps from its core is not blamed, and that process is named', () => {
  const verdict = judge(
    { generatorFaults: ['SIPp caller stood still for 90 ms'] },
    { rivals: { 'pid 77 (yes) cpu 1': 98 } },
  );
  expect(verdict).toMatchObject({ reason: expect.stringMatching(/^another process: yes .*stood still/) });
  expect(verdict.state === 'invalid' && blamesGenerator(verdict.reason)).toBe(false);
});

describe('a burst', () => {
  const plan = { shape: 'burst', calls: 500 } as const;
  const lost = { retransmissions: 50 };
  const burst = (meters: TrialEvidence['meters'], load: Partial<LoadReport> = lost) =>
    judgeTrial({ ...evidence(load, meters), plan }, objective);
  const ticks = (worstHiddenStealPct: number, worstStealPct: number, elapsedMs: number) => ({
    ticks: { worstHiddenStealPct, worstStealPct, elapsedMs },
  });

  test('that lasts, as on top of a base rate, is judged by the shares of its ticks, like a steady window', () => {
    expect(burst(ticks(0, 12, 3_700))).toMatchObject({
      state: 'invalid',
      reason: expect.stringMatching(/^steal: 12.0 %/),
    });
    expect(burst(ticks(12, 0, 3_700))).toMatchObject({
      state: 'invalid',
      reason: expect.stringMatching(/^hidden steal.* 12 %/),
    });
    expect(burst({ ...ticks(0, 0, 3_700), processes: { uacCpuPct: 97 } })).toMatchObject({
      state: 'invalid',
    });
  });

  test('that is over in a moment is spoilt by time that was taken, not by a share of what was watched', () => {
    // It was worked off in a tenth of a second: 70 ms of somebody else's are most of that.
    expect(burst(ticks(0, 5, 1_400))).toMatchObject({
      state: 'invalid',
      reason: expect.stringMatching(/steal: 70 ms of one CPU/),
    });
    expect(burst(ticks(8, 0, 1_400))).toMatchObject({
      state: 'invalid',
      reason: expect.stringMatching(/hidden steal.*112 ms/),
    });
    // What ticks cannot tell from nothing.
    expect(burst(ticks(0, 2, 1_400))).toMatchObject({ state: 'overloaded' });
    expect(burst(ticks(5, 0, 1_400))).toMatchObject({ state: 'overloaded' });
    // And what was carried all the same is carried.
    expect(burst(ticks(8, 0, 1_400), {})).toMatchObject({ state: 'carried' });
  });

  test('is worked off by generators at full speed, which is no fault of theirs', () => {
    expect(burst({ ...ticks(0, 0, 400), processes: { uacCpuPct: 97 } }, {})).toMatchObject({
      state: 'carried',
    });
  });

  test('that nobody watched says nothing', () => {
    expect(
      burst({ ...ticks(0, 0, 1_400), sampling: { socketsMissed: 3, socketsExpected: 5 } }),
    ).toMatchObject({
      state: 'invalid',
      reason: expect.stringMatching(/sockets missed 3 of 5/),
    });
  });
});

test('ticks of a window that was over in a moment are too coarse to tell of hidden steal', () => {
  const ticks = { worstHiddenStealPct: 20, worstStealPct: 0, elapsedMs: 400 };
  const lossy = { retransmissions: 500 };
  expect(judge(lossy, { ticks })).toMatchObject({ state: 'overloaded' });
  expect(judge(lossy, { ticks: { ...ticks, elapsedMs: 3_000 } })).toMatchObject({ state: 'invalid' });
});

test.each([
  { worstHiddenStealPct: 20, worstStealPct: 0 },
  { worstHiddenStealPct: 0, worstStealPct: 12 },
])('what was carried although the machine took time away was carried: %o', (ticks) => {
  expect(judge({}, { ticks })).toMatchObject({ state: 'carried' });
  expect(judge({ retransmissions: 500 }, { ticks })).toMatchObject({ state: 'invalid' });
});

test('a process on a CPU that is neither the router’s nor the generators’ spoils nothing, nor does a late sample', () => {
  expect(judge({}, { rivals: { 'pid 77 (yes) cpu 5': 98 } })).toMatchObject({ state: 'carried' });
  expect(judge({}, { rivals: { 'pid 77 (cron) cpu 1': 30 } })).toMatchObject({ state: 'carried' });
  expect(judge({}, { sampling: { ticksMissed: 1, ticksExpected: 7 } })).toMatchObject({ state: 'carried' });
});

describe('the limiter', () => {
  test.each([
    ['shm', { router: { routerLogOutOfMemory: 9, shmUsedPeakShare: 0.99 }, sockets: { routerDrops: 100 } }],
    ['pkg', { router: { routerLogOutOfMemory: 9, shmUsedPeakShare: 0.2, pkgWorstUsedShare: 0.99 } }],
    ['qdisc', { qdisc: { drops: 40 }, sockets: { routerDrops: 3 } }],
    ['softnet-backlog', { softnet: { dropped: 40 }, sockets: { routerDrops: 3 } }],
    ['worker-cpu', { mpstat: { cpu0BusyPct: 99.5, cpu1BusyPct: 10 }, sockets: { routerDrops: 300 } }],
    ['socket-buffer', { mpstat: { cpu0BusyPct: 60 }, sockets: { routerDrops: 300 } }],
    // One worker on a machine of many CPUs: it is full, though no CPU of the router is, on average.
    ['worker-cpu', { mpstat: { cpu0BusyPct: 60 }, processes: { routerBusiestCpuPct: 97 } }],
    ['time-squeeze', { softnet: { timeSqueeze: 900 }, mpstat: { cpu0BusyPct: 60 } }],
    ['worker-cpu', { softnet: { timeSqueeze: 900 }, mpstat: { cpu0BusyPct: 99 } }],
    ['socket-buffer', { softnet: { timeSqueeze: 900 }, sockets: { routerDrops: 5 } }],
    ['accept-queue', { netstat: { listenOverflows: 12, listenDrops: 12 } }],
    ['conntrack', { netstat: { conntrackInsertFailed: 4 } }],
    ['nic', { link: { rxMissed: 31 } }],
    ['unknown', { mpstat: { cpu0BusyPct: 60, cpu1BusyPct: 99 } }],
    // What was lost just before the first look, or just after the last.
    ['socket-buffer', { sockets: { routerDrops: 0 }, offer: { routerDrops: 6 } }],
    ['send-buffer', { 'snmp-router': { sndbufErrors: 8 } }],
    ['qdisc', { 'snmp-router': { sndbufErrors: 8 }, qdisc: { drops: 8 } }],
    ['softnet-backlog', { 'snmp-router': { sndbufErrors: 8 }, softnet: { dropped: 70 } }],
    ['qdisc', { qdisc: { drops: 0 }, offer: { qdiscDrops: 6 } }],
    ['softnet-backlog', { softnet: { dropped: 0 }, offer: { softnetDropped: 6 } }],
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

  test('keeps the numbers of everything that moved, the first cause first', () => {
    const verdict = judge(
      { retransmissions: 500 },
      { mpstat: { cpu0BusyPct: 100 }, sockets: { routerDrops: 412, routerRcvbufBytes: 425_984 } },
    );
    expect(verdict).toMatchObject({
      limiter: 'worker-cpu',
      evidence:
        "router core 100 % busy; 412 datagrams dropped at the router's socket (buffer 425984 bytes); " +
        '500 of 5000 calls lost or retransmitted',
    });
  });

  const burstOf = (setupDelaysMs: Float64Array, load: Partial<LoadReport> = {}) =>
    judgeTrial(
      {
        ...evidence({ plannedCalls: 2_000, successfulCalls: 2_000, setupDelaysMs, ...load }),
        plan: { shape: 'burst', calls: 2_000 },
      },
      objective,
    );

  test('a queue longer than T1 makes callers send again though nothing was dropped: delay, not unknown', () => {
    expect(burstOf(delays(2_000, (i) => i / 3))).toMatchObject({
      limiter: 'delay',
      evidence: expect.stringMatching(/nothing was dropped, but 500 calls waited longer than T1/),
    });
  });

  test('single calls just above T1 lost a message; where nothing explains it, nothing is invented', () => {
    const isolated = delays(2_000, (i) => (i % 100 === 0 ? 510 : 4));
    expect(burstOf(isolated, { unexpectedResponses: { 503: 2 } })).toMatchObject({
      limiter: 'unknown',
      evidence: expect.stringMatching(/^no counter explains the loss; answers seen: 2 × 503/),
    });
  });
});

describe('further machines with generators', () => {
  const load1 = {
    label: 'ssh://root@load1',
    cpus: [0, 2],
    ticks: 'ticks-generators-1',
    rivals: 'rivals-generators-1',
  };
  const judgeWith = (load: Partial<LoadReport>, meters: TrialEvidence['meters']) =>
    judgeTrial(
      {
        ...evidence(load, meters),
        otherMachines: [{ ...load1, pairs: [2] }],
      },
      objective,
    );
  const ofPairs = (there: number, here: number) => ({
    processes: {
      ...{ uacCpuPct: there + here, uac1CpuPct: here, uac2CpuPct: there },
      ...{ uasCpuPct: there + here, uas1CpuPct: here, uas2CpuPct: there },
    },
  });

  test('each has its own cores: what is much for one is little for another', () => {
    expect(judgeWith({}, ofPairs(85, 10))).toMatchObject({ state: 'carried' });
    expect(judgeWith({}, ofPairs(10, 50))).toMatchObject({
      reason: 'generator: its 2 processes used 100 % of their one core',
    });
    expect(judgeWith({}, ofPairs(92, 10))).toMatchObject({
      reason: expect.stringContaining('of pair 2 used 92 % of its core'),
    });
  });

  test('steal and missed looks there spoil a trial, and the machine is named', () => {
    const stolen = { 'ticks-generators-1': { worstHiddenStealPct: 20, worstStealPct: 0, elapsedMs: 5_000 } };
    expect(judgeWith({ retransmissions: 50 }, stolen)).toMatchObject({
      state: 'invalid',
      reason: expect.stringMatching(/hidden steal: .* 20 % of the time of one CPU of ssh:\/\/root@load1/),
    });
    const missed = { sampling: { 'ticks-generators-1Missed': 3, 'ticks-generators-1Expected': 7 } };
    expect(judgeWith({}, missed)).toMatchObject({
      reason: expect.stringContaining('ticks-generators-1 missed 3 of 7'),
    });
  });

  test('a process there that uses up a CPU of the generators spoils a trial, and one on another CPU does not', () => {
    const busy = (cpu: number) => ({ 'rivals-generators-1': { [`pid 77 (yes) cpu ${cpu}`]: 98 } });
    expect(judgeWith({}, busy(2))).toMatchObject({
      state: 'invalid',
      reason: 'another process: yes (PID 77) used 98 % of CPU 2 of ssh://root@load1',
    });
    expect(judgeWith({}, busy(1))).toMatchObject({ state: 'carried' });
  });
});

describe('generators on siptune’s machine, of a router on another', () => {
  const judgeThere = (meters: TrialEvidence['meters']) => {
    const { loadCpus, ...other } = evidence({}, meters);
    return judgeTrial({ ...other, generatorCpus: loadCpus ?? [] }, objective);
  };

  test('are kept from their CPU by other processes here', () => {
    expect(judgeThere({ 'rivals-generators': { 'pid 77 (yes) cpu 1': 98 } })).toMatchObject({
      state: 'invalid',
      reason: "another process: yes (PID 77) used 98 % of CPU 1 of the generators' machine",
    });
    expect(judgeThere({ 'rivals-generators': { 'pid 77 (yes) cpu 0': 98 } })).toMatchObject({
      state: 'carried',
    });
  });

  test('fill their core together', () => {
    const processes = { uac1CpuPct: 30, uac2CpuPct: 30, uas1CpuPct: 20, uas2CpuPct: 20 };
    expect(judgeThere({ processes })).toMatchObject({
      reason: 'generator: its 4 processes used 100 % of their one core',
    });
  });
});

// From statistics to a report: what is counted, and when the generator itself is to blame.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { callOrder } from '../../src/load/sipp-argv.ts';
import { countUnexpectedResponses } from '../../src/load/sipp-codes.ts';
import type { SippSnapshot } from '../../src/load/sipp-csv.ts';
import { type OfferRecord, reportOffer } from '../../src/load/sipp-report.ts';

const RATE = 1000;
const WARMUP_MS = 500;
const WINDOW_MS = 2000;
const steady = callOrder({ shape: 'steady', rateCps: RATE, warmupMs: WARMUP_MS, windowMs: WINDOW_MS });

/** A run without a fault: a snapshot each 50 ms, `rate` calls a second of which those of the warm-up are not counted. */
function rows(
  rate = RATE,
  change: (row: SippSnapshot, atMs: number) => SippSnapshot = (row) => row,
): SippSnapshot[] {
  const made: SippSnapshot[] = [];
  for (let atMs = 0; ; atMs += 50) {
    const begun = Math.min(steady.counted, Math.max(0, Math.floor((rate * atMs) / 1000) - steady.uncounted));
    made.push(
      change({ atMs, counters: { begun, completed: begun, Retransmissions: 0, FailedCall: 0 } }, atMs),
    );
    if (begun === steady.counted) return made;
  }
}

const withCounters = (more: (atMs: number) => Record<string, number>) =>
  rows(RATE, (row, atMs) => ({ atMs, counters: { ...row.counters, ...more(atMs) } }));

function report(record: Partial<OfferRecord> = {}) {
  return reportOffer({
    flow: 'invite',
    order: steady,
    callerRows: rows(),
    calleeRows: [],
    callerDrops: 0,
    calleeDrops: 0,
    setupDelaysMs: new Float64Array(),
    unexpectedResponses: {},
    ended: 'complete',
    faults: [],
    ...record,
  });
}

test('a sound offer: all planned calls, the achieved rate, no fault', () => {
  const sound = report();
  expect(sound).toMatchObject({
    plannedCalls: 2000,
    createdCalls: 2000,
    successfulCalls: 2000,
    failedCalls: 0,
    unfinishedCalls: 0,
    retransmissions: 0,
    generatorFaults: [],
  });
  expect(sound.achievedRateCps).toBeCloseTo(RATE, 6);
  expect(sound.offeredForMs).toBeCloseTo(WINDOW_MS, 6);
});

test('retransmissions of both ends count from the window on, those of the warm-up do not', () => {
  const callerRows = withCounters((atMs) => ({ Retransmissions: atMs < 300 ? 0 : atMs < 1500 ? 40 : 43 }));
  const calleeRows = [0, 100, 200, 300, 400, 500, 600, 2600].map((atMs) => ({
    atMs,
    counters: { Retransmissions: atMs < 300 ? 100 : atMs < 600 ? 110 : 115 },
  }));
  expect(report({ callerRows, calleeRows }).retransmissions).toBe(3 + 5);
});

test('failed calls and calls that are still open are told apart', () => {
  const callerRows = withCounters((atMs) => ({ FailedCall: atMs > 1000 ? 12 : 0 }));
  const last = callerRows.at(-1) as SippSnapshot;
  callerRows.push({ atMs: last.atMs + 3000, counters: { ...last.counters, completed: 1980 } });
  expect(report({ callerRows })).toMatchObject({
    successfulCalls: 1980,
    failedCalls: 12,
    unfinishedCalls: 8,
  });
});

test('a rate that was not reached is the generator’s fault', () => {
  expect(report({ callerRows: rows(RATE * 0.98) }).generatorFaults).toEqual([
    'only 980 of 1000 calls/s were offered (98.0 %)',
  ]);
  expect(report({ callerRows: rows(RATE * 0.998) }).generatorFaults).toEqual([]);
});

test('calls that were never begun are the generator’s fault, unless the offer was ended because loss was certain', () => {
  const callerRows = rows().slice(0, 30);
  const { createdCalls } = report({ callerRows });
  expect(createdCalls).toBeLessThan(2000);
  expect(report({ callerRows }).generatorFaults).toEqual([
    `only ${createdCalls} of 2000 planned calls were begun`,
  ]);
  expect(report({ callerRows, ended: 'early' }).generatorFaults).toEqual([]);
  expect(report({ callerRows, ended: 'interrupted' }).generatorFaults).toEqual(['interrupted']);
});

test('a pause is the generator’s fault, because SIPp begins the overdue calls all at once', () => {
  const paused = rows().filter(({ atMs }) => atMs <= 1000 || atMs >= 1200);
  expect(report({ callerRows: paused }).generatorFaults).toEqual(['SIPp caller stood still for 150 ms']);
  const calleeRows = [0, 100, 200, 900, 1000].map((atMs) => ({ atMs: atMs + 500, counters: {} }));
  expect(report({ calleeRows }).generatorFaults).toEqual(['SIPp callee stood still for 600 ms']);
});

test('watchdog, messages that could not be sent and drops at its own sockets are the generator’s fault', () => {
  const callerRows = withCounters((atMs) => ({
    WatchdogMinor: atMs > 1000 ? 2 : 0,
    FailedCannotSendMessage: atMs > 1000 ? 5 : 0,
  }));
  expect(report({ callerRows, calleeDrops: 9 }).generatorFaults).toEqual([
    'SIPp caller fell behind its own timers (2 watchdog triggers)',
    'SIPp caller could not send 5 messages',
    'SIPp callee: 9 datagrams dropped at its own socket',
  ]);
});

test('a burst that takes its time is none', () => {
  const order = callOrder({ shape: 'burst', calls: 100 });
  const burst = (leaveMs: number): SippSnapshot[] =>
    [0, 100, 100 + leaveMs / 2, 100 + leaveMs, 400].map((atMs) => {
      const begun = Math.min(100, Math.max(0, ((atMs - 100) / leaveMs) * 100));
      return { atMs, counters: { begun, completed: begun } };
    });
  expect(report({ order, callerRows: burst(20) }).generatorFaults).toEqual([]);
  expect(report({ order, callerRows: burst(300) }).generatorFaults).toEqual([
    'the burst of 100 calls took 300 ms to leave',
  ]);
});

test('unexpected responses are counted by status code, from the window on', () => {
  const text = readFileSync(new URL('fixtures/sipp-3.6.1-error-codes.csv', import.meta.url), 'latin1');
  expect(countUnexpectedResponses(text, 0)).toEqual({ 500: 58 });
  expect(countUnexpectedResponses(text, 1795531938.4 * 1000)).toEqual({ 500: 52 });
});

test('what SIPp sends to end a failed call is its own, and no stranger', () => {
  const sound = report({ callerRows: withCounters(() => ({ TotalCallCreated: 2500 })) });
  const refused = report({ callerRows: withCounters(() => ({ TotalCallCreated: 2500, FailedCall: 85 })) });
  expect(sound.sentAtMost.requests).toBe(7500);
  expect(refused.sentAtMost).toEqual({ requests: 7500 + 2 * 85, replies: 7500 });
});

test('calls that were completed, and that the callee never took, were answered by something else', () => {
  const took = (calls: number) => [
    { atMs: 0, counters: { TotalCallCreated: 300 } },
    { atMs: 2600, counters: { TotalCallCreated: 300 + calls } },
  ];
  const faults = (calls: number) =>
    report({ calleeRows: took(calls) }).generatorFaults.filter((fault) => /took only/.test(fault));
  expect(faults(2000)).toEqual([]);
  expect(faults(1900)).toEqual([
    'SIPp callee took only 1900 of the 2000 calls that were completed: something else answers',
  ]);
});

test('what reached the router is at most what was sent: a registration is one request, and no reply of a callee', () => {
  const callerRows = withCounters(() => ({ TotalCallCreated: 2500 }));
  expect(report({ callerRows, flow: 'register' }).sentAtMost).toEqual({ requests: 2500, replies: 0 });
  expect(report({ callerRows, flow: 'options' }).sentAtMost).toEqual({ requests: 2500, replies: 2500 });
});

test('a caller that was cut off may have sent more than its last snapshot tells', () => {
  const callerRows = withCounters((atMs) => ({ TotalCallCreated: atMs, Retransmissions: atMs / 5 }));
  const cutOff = { callerRows, flow: 'register' } as const;
  const [whole, early] = [report(cutOff), report({ ...cutOff, ended: 'early' })];
  // 50 calls and 10 repetitions in an interval, twice.
  expect(early.sentAtMost.requests - whole.sentAtMost.requests).toBe(2 * (50 + 10));
});

test('a TCP connection that takes nothing is a router that does not read; a full UDP socket is the generator’s', () => {
  const callerRows = withCounters((atMs) => ({
    FailedOutboundCongestion: atMs > 1000 ? 3 : 0,
    FailedCannotSendMessage: atMs > 1000 ? 1 : 0,
  }));
  expect(report({ callerRows, transport: 'tcp' }).generatorFaults).toEqual([]);
  expect(report({ callerRows }).generatorFaults).toEqual(['SIPp caller could not send 4 messages']);
});

describe('calls that are not evenly spaced', () => {
  /** When each of the counted calls is to be begun, from the first on: all in the first and the last tenth of the time. */
  const countedAtMs = Float64Array.from({ length: 2000 }, (_, call) => call * 0.2 + (call < 1000 ? 0 : 1600));
  const schedule = { waitsMs: new Int32Array(), leadMs: 100, countedAtMs };
  const order = { ...steady, schedule };
  /** Snapshots of calls that are `lateMs(call)` later than their time, and that are begun in lumps of a tick. */
  const snapshots = (lateMs: (call: number) => number, offsetMs = 0) => {
    const begunAtMs = [...countedAtMs].map((atMs, call) => Math.ceil((730 + atMs + lateMs(call)) / 4) * 4);
    const made: SippSnapshot[] = [];
    for (let atMs = offsetMs; (made.at(-1)?.counters.begun ?? 0) < 2000; atMs += 50) {
      const begun = begunAtMs.filter((ms) => ms <= atMs).length;
      made.push({ atMs, counters: { begun, completed: begun } });
    }
    return made;
  };

  test('have the plan’s rate when they took the time that their arrivals say, wherever the snapshots fall', () => {
    for (let offsetMs = 0; offsetMs < 50; offsetMs += 7) {
      // Single calls are late by some ms, and a hiccup that is made up for is none of the rate.
      const sound = report({
        order,
        callerRows: snapshots((call) => (call % 5) + (call > 200 && call < 300 ? 30 : 0), offsetMs),
      });
      expect(sound.generatorFaults).toEqual([]);
      expect(sound.achievedRateCps / RATE).toBeGreaterThan(0.995);
    }
  });

  test('that took longer by more than half a per cent of the window are the generator’s fault', () => {
    for (let offsetMs = 0; offsetMs < 50; offsetMs += 7)
      expect(report({ order, callerRows: snapshots((call) => call / 50, offsetMs) }).generatorFaults).toEqual(
        [expect.stringMatching(/^the calls took [234]\d ms longer to leave than their arrivals say$/)],
      );
  });

  test('that took much longer had a lower rate', () => {
    const late = report({ order, callerRows: snapshots((call) => (call < 1000 ? 0 : 500)) });
    expect(late.generatorFaults).toEqual([
      expect.stringMatching(/^the calls took (?:49|50)\d ms longer to leave than their arrivals say$/),
    ]);
    expect(late.achievedRateCps / RATE).toBeCloseTo(0.8, 2);
  });
});

test('a router that refuses every call is not overloaded: the flow is not for it', () => {
  const callerRows = withCounters((atMs) => ({ completed: 0, FailedCall: Math.floor(atMs / 10) }));
  const refused = report({ callerRows, flow: 'register', unexpectedResponses: { 401: 90 }, ended: 'early' });
  expect(refused.generatorFaults).toEqual([
    'the router refuses every call (401): it is not made for the flow register',
  ]);
  expect(report({ callerRows, unexpectedResponses: { 503: 90 }, ended: 'early' }).generatorFaults).toEqual(
    [],
  );
  expect(report({ unexpectedResponses: { 401: 1 } }).generatorFaults).toEqual([]);
});

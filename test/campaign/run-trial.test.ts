// What a trial watches, and when: its window for most meters, the whole offer for drops.
import { expect, test } from 'vitest';
import { runTrial, type TrialDeps } from '../../src/campaign/run-trial.ts';
import type { CallLoad, LoadPlan } from '../../src/load/load.ts';
import type { Meter } from '../../src/meters/meter.ts';
import type { Target } from '../../src/targets/target.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const STEADY: LoadPlan = { shape: 'steady', rateCps: 100, warmupMs: 1_000, windowMs: 2_000 };
const BURST: LoadPlan = { shape: 'burst', calls: 200 };

async function trialOf(plan: LoadPlan, phone?: TrialDeps['phone']) {
  const told: string[] = [];
  const meter = (name: string, report = {}, span?: 'offer'): Meter => ({
    name,
    ...(span ? { span } : {}),
    start: async () => void told.push(`${name} starts`),
    stop: async () => {
      told.push(`${name} stops`);
      return { report, faults: [] };
    },
  });
  const load: CallLoad = {
    open: async () => {},
    close: async () => {},
    async offer(_plan, { onWindow }) {
      told.push('warm-up');
      onWindow('begin');
      await new Promise((resolve) => setTimeout(resolve, 1));
      onWindow('end');
      await new Promise((resolve) => setTimeout(resolve, 1));
      told.push('drained');
      return {
        ...{ plannedCalls: 200, createdCalls: 200, successfulCalls: 200, failedCalls: 0, unfinishedCalls: 0 },
        ...{ retransmissions: 0, offeredForMs: 2_000, achievedRateCps: 100, generatorFaults: [] },
        ...{ unexpectedResponses: {}, sentAtMost: { requests: 600, replies: 600 } },
        setupDelaysMs: new Float64Array(200).fill(3),
      };
    },
  };
  const trial = await runTrial(
    { n: 1, label: 'test', configuration: {}, plan, rawDir: '/nowhere' },
    {
      target: {
        router: { isAlive: async () => true },
        ...{ routerCpus: '0', loadCpus: '1', sharesKernel: true },
      } as Target,
      routerProcesses: [],
      load,
      meters: [
        meter('schedstat', { routerRunPct: 20 }),
        meter('mpstat', { cpu0BusyPct: 25, cpu0SoftPct: 5 }),
        meter('offer', { routerDrops: 0 }, 'offer'),
      ],
      phone,
      objective: { maximise: 'capacityCps', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 },
      clock: createFakeClock(),
      signal: new AbortController().signal,
    },
  );
  return { trial, told };
}

test('meters of the offer look before the warm-up and after the drain; the others at the window’s edges', async () => {
  const { told, trial } = await trialOf(STEADY);
  const at = (what: string) => told.indexOf(what);
  expect(at('offer starts')).toBeLessThan(at('warm-up'));
  expect(at('schedstat starts')).toBeGreaterThan(at('warm-up'));
  expect(at('schedstat stops')).toBeLessThan(at('drained'));
  expect(at('offer stops')).toBeGreaterThan(at('drained'));
  expect(trial.meters).toMatchObject({ offer: { routerDrops: 0 }, mpstat: { cpu0BusyPct: 25 } });
});

test.each(['schedstat', 'offer'])(
  'a burst is watched as a whole by %s, and its report is kept',
  async (name) => {
    const { told, trial } = await trialOf(BURST);
    expect(told.indexOf(`${name} starts`)).toBeGreaterThanOrEqual(0);
    expect(told.indexOf(`${name} starts`)).toBeLessThan(told.indexOf('warm-up'));
    expect(told.indexOf(`${name} stops`)).toBeGreaterThan(told.indexOf('drained'));
    expect(trial.meters).toHaveProperty(name);
  },
);

test('a carried trial tells what a call cost the router’s CPU', async () => {
  const { trial } = await trialOf(STEADY);
  expect(trial.meters.cpuBound?.cpuMsPerCall).toBeCloseTo(2.5);
  expect(trial.meters.cpuBound?.fullAtCps).toBeCloseTo(400);
  expect((await trialOf(BURST)).trial.meters.cpuBound).toBeUndefined();
});

test('the phone’s percentiles stand beside SIPp’s, with a note where they disagree', async () => {
  const { trial } = await trialOf(STEADY, {
    start: async () => {},
    pid: () => undefined,
    stop: async () => ({
      ...{ state: 'reported', calls: 40, completed: 40, failed: 0, failures: {} },
      setupMs: { p50: 90, p95: 95, p99: 97, max: 99 },
    }),
  });
  expect(trial.verdict).toMatchObject({ state: 'carried', setupMs: { p50: 3, p95: 3, p99: 3, max: 3 } });
  expect(trial.ua).toEqual({ calls: 40, failed: 0, p50Ms: 90, p95Ms: 95, p99Ms: 97, maxMs: 99 });
  expect(trial.meterFaults).toEqual([expect.stringMatching(/disagree: .* 90 ms .* 3 ms/)]);
});

// A burst over a base rate: the base is there before it and as long as it may take, and its calls count as well.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { judgeTrial } from '../../src/capacity/judge.ts';
import type { CallLoad, GeneratorProcess, LoadContext, LoadPlan, LoadReport } from '../../src/load/load.ts';
import { basePlan, createLoadOverBase } from '../../src/load/over-base.ts';
import { callOrder } from '../../src/load/sipp-argv.ts';

const BURST = { shape: 'burst', calls: 100, baseRateCps: 200 } as const;
const HOLD_MS = 500;

let rawDir = '';
beforeEach(async () => {
  rawDir = await mkdtemp(join(tmpdir(), 'siptune-test-base-'));
});
afterEach(() => rm(rawDir, { recursive: true }));

function reportOf(plan: LoadPlan, delayMs: number, more: Partial<LoadReport> = {}): LoadReport {
  const { counted } = callOrder(plan);
  return {
    plannedCalls: counted,
    createdCalls: counted,
    successfulCalls: counted,
    failedCalls: 0,
    unfinishedCalls: 0,
    retransmissions: 0,
    offeredForMs: plan.shape === 'burst' ? 10 : plan.windowMs,
    achievedRateCps: plan.shape === 'burst' ? 10_000 : plan.rateCps,
    setupDelaysMs: new Float64Array(counted).fill(delayMs),
    sentAtMost: { requests: counted, replies: counted },
    generatorFaults: [],
    unexpectedResponses: {},
    ...more,
  };
}

type Offer = (plan: LoadPlan, context: LoadContext) => Promise<LoadReport>;

function overBase(burst: Offer, base: Offer) {
  const log: string[] = [];
  const loadOf = (name: string, offer: Offer): CallLoad => ({
    open: async () => {},
    offer: (plan, context) => {
      log.push(`${name} starts`);
      return offer(plan, context);
    },
    close: async () => void log.push(`${name} closed`),
  });
  const load = createLoadOverBase({
    load: loadOf('burst', burst),
    base: loadOf('base', base),
    basePair: 3,
    holdMs: HOLD_MS,
  });
  const signal = new AbortController().signal;
  const offer = (plan: LoadPlan, more: Partial<LoadContext> = {}) =>
    load.offer(plan, { rawDir, signal, onWindow: (edge) => log.push(edge), ...more });
  return { load, offer, log };
}

const base: Offer = async (plan, context) => {
  context.onProcesses?.([{ pid: 30, role: 'uac' }]);
  context.onWindow('begin');
  await new Promise((resolve) => setTimeout(resolve, 20));
  context.onWindow('end');
  return reportOf(plan, 2);
};
const burst: Offer = async (plan, context) => {
  context.onProcesses?.([{ pid: 10, role: 'uac' }]);
  context.onWindow('begin');
  context.onWindow('end');
  return reportOf(plan, 50);
};

test('the burst begins after the base’s warm-up; the window is the burst’s; calls of both are counted', async () => {
  const { offer, log } = overBase(burst, base);
  let told: readonly GeneratorProcess[] = [];
  const report = await offer(BURST, {
    onProcesses: (processes) => {
      told = processes;
    },
  });
  expect(log).toEqual(['base starts', 'burst starts', 'begin', 'end']);
  const ofBase = callOrder(basePlan(BURST, HOLD_MS)).counted;
  expect(report).toMatchObject({ plannedCalls: 100 + ofBase, offeredForMs: 10, generatorFaults: [] });
  expect(report.parts?.burst.plannedCalls).toBe(100);
  expect(report.parts?.base.plannedCalls).toBe(ofBase);
  expect(told).toEqual(
    expect.arrayContaining([
      { pid: 30, role: 'uac', pair: 3 },
      { pid: 10, role: 'uac', pair: 1 },
    ]),
  );
});

test('the base lasts for the burst, its calls and their drain', () => {
  const { windowMs } = basePlan(BURST, HOLD_MS);
  expect(windowMs).toBeGreaterThan(HOLD_MS + 3_000);
  expect(basePlan({ ...BURST, calls: 10_000 }, HOLD_MS).windowMs).toBeGreaterThan(windowMs + 1_000);
});

test('calls of the base that are lost count as lost, and are told apart', async () => {
  const losing: Offer = async (plan, context) => {
    context.onWindow('begin');
    const { plannedCalls } = reportOf(plan, 2);
    return reportOf(plan, 2, { successfulCalls: plannedCalls - 90, failedCalls: 90 });
  };
  const report = await overBase(burst, losing).offer(BURST);
  const objective = { maximise: 'burstCalls', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 } as const;
  const verdict = judgeTrial({ plan: BURST, load: report, meters: {}, routerCpus: [0] }, objective);
  const planned = report.parts?.base.plannedCalls;
  expect(verdict).toMatchObject({
    state: 'overloaded',
    evidence: expect.stringContaining(
      `90 of ${report.plannedCalls} calls lost or retransmitted (of the burst 0 of 100, of the base rate 90 of ${planned})`,
    ),
  });
});

test('a fault of the base’s generator spoils the trial, and has its name', async () => {
  const faulty: Offer = async (plan, context) => {
    context.onWindow('begin');
    return reportOf(plan, 2, { generatorFaults: ['stood still'] });
  };
  expect((await overBase(burst, faulty).offer(BURST)).generatorFaults).toEqual(['base rate: stood still']);
});

test('a base that cannot start is heard, and no burst begins', async () => {
  const failing: Offer = () => Promise.reject(new Error('the port is in use'));
  const { offer, load, log } = overBase(burst, failing);
  await expect(offer(BURST)).rejects.toThrow('the port is in use');
  await load.close();
  expect(log).toEqual(['base starts', 'burst closed', 'base closed']);
});

test('steady rates, and bursts on an idle router, have no base', async () => {
  const { offer, log } = overBase(burst, base);
  await offer({ shape: 'burst', calls: 5 });
  await offer({ shape: 'steady', rateCps: 10, warmupMs: 0, windowMs: 1_000 });
  expect(log.filter((line) => line === 'base starts')).toEqual([]);
});

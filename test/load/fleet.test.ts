// Several generators as one: the parts add up to the plan, the reports to one report, and whoever is at fault is named.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFleet, type FleetMember } from '../../src/load/fleet.ts';
import type { CallLoad, GeneratorProcess, LoadContext, LoadPlan, LoadReport } from '../../src/load/load.ts';
import { mergeReports } from '../../src/load/merge-reports.ts';
import { sharePlan } from '../../src/load/share-plan.ts';
import { callOrder } from '../../src/load/sipp-argv.ts';
import { scheduleArrivals } from '../../src/load/sipp-arrivals.ts';
import type { Arrivals } from '../../src/scenario/scenario.ts';

const STEADY = { shape: 'steady', rateCps: 401, warmupMs: 1_500, windowMs: 5_000 } as const;

function reportOf(plan: LoadPlan, more: Partial<LoadReport> = {}): LoadReport {
  const { counted } = callOrder(plan);
  return {
    plannedCalls: counted,
    createdCalls: counted,
    successfulCalls: counted,
    failedCalls: 0,
    unfinishedCalls: 0,
    retransmissions: 0,
    offeredForMs: 10,
    achievedRateCps: plan.shape === 'steady' ? plan.rateCps : 0,
    setupDelaysMs: new Float64Array(),
    sentAtMost: { requests: 3 * counted, replies: 3 * counted },
    generatorFaults: [],
    unexpectedResponses: {},
    beganAtMs: 0,
    ...more,
  };
}

describe('a plan that is dealt out', () => {
  test.each([1, 2, 3, 7, 16])('to %i: rates, warm-up and counted calls add up to the plan’s', (count) => {
    for (const rateCps of [10, 401, 999, 12_345]) {
      const plan = { ...STEADY, rateCps };
      const whole = callOrder(plan);
      const orders = sharePlan(plan, count).map((share) => callOrder(share.plan));
      const sum = (of: (order: (typeof orders)[number]) => number) =>
        orders.reduce((total, order) => total + of(order), 0);
      expect(orders).toHaveLength(count);
      expect(sum(({ counted }) => counted)).toBe(whole.counted);
      expect(sum(({ uncounted }) => uncounted)).toBe(whole.uncounted);
      expect(sum(({ plan: share }) => (share.shape === 'steady' ? share.rateCps : 0))).toBeCloseTo(
        rateCps,
        9,
      );
    }
  });

  test.each([1, 5, 100, 101])('a burst of %i calls, none without one', (calls) => {
    const shares = sharePlan({ shape: 'burst', calls }, 3).map(({ plan }) => callOrder(plan).counted);
    expect(shares.reduce((total, own) => total + own, 0)).toBe(calls);
    expect(shares).toHaveLength(Math.min(3, calls));
    expect(Math.min(...shares)).toBeGreaterThan(0);
  });

  test.each<Arrivals>([{ kind: 'poisson' }, { kind: 'bursts', factor: 5, everyMs: 1_000, forMs: 100 }])(
    'arrivals $kind are the same for the router, however many generators there are',
    (arrivals) => {
      /** When each call leaves, ms since the begin of the warm-up. */
      const leaving = (count: number) =>
        sharePlan(STEADY, count)
          .flatMap(({ plan, part }) => {
            const own = scheduleArrivals(STEADY, callOrder(STEADY), arrivals, 7, part);
            expect(own.waitsMs).toHaveLength(callOrder(plan).uncounted + callOrder(plan).counted);
            expect(Math.min(...own.waitsMs)).toBeGreaterThanOrEqual(0);
            const spacingMs = 1_000 / (plan.shape === 'steady' ? plan.rateCps : 0);
            return [...own.waitsMs].map((wait, call) => (call + 1) * spacingMs + wait - own.leadMs);
          })
          .sort((a, b) => a - b);
      const alone = leaving(1);
      for (const [call, timeMs] of leaving(3).entries())
        expect(Math.abs(timeMs - (alone[call] ?? 0))).toBeLessThan(1.1);
    },
  );
});

describe('reports that are joined', () => {
  test('counters are summed, delays are in order of time, faults have their generator’s name', () => {
    const plan = { shape: 'burst', calls: 10 } as const;
    const merged = mergeReports([
      {
        name: 'pair 1',
        report: reportOf(plan, {
          retransmissions: 1,
          offeredForMs: 40,
          setupDelaysMs: Float64Array.of(1, 4),
          delaysAtMs: Float64Array.of(100, 400),
          unexpectedResponses: { 503: 2 },
        }),
      },
      {
        name: 'pair 2',
        report: reportOf(plan, {
          successfulCalls: 7,
          failedCalls: 2,
          unfinishedCalls: 1,
          setupDelaysMs: Float64Array.of(2, 3),
          delaysAtMs: Float64Array.of(200, 300),
          generatorFaults: ['stood still'],
          unexpectedResponses: { 503: 1, 500: 1 },
        }),
      },
    ]);
    expect(merged).toMatchObject({
      plannedCalls: 20,
      successfulCalls: 17,
      failedCalls: 2,
      unfinishedCalls: 1,
      retransmissions: 1,
      offeredForMs: 40,
      sentAtMost: { requests: 60, replies: 60 },
      generatorFaults: ['pair 2: stood still'],
      unexpectedResponses: { 503: 3, 500: 1 },
    });
    expect([...merged.setupDelaysMs]).toEqual([1, 2, 3, 4]);
  });
});

describe('a fleet', () => {
  let rawDir = '';
  beforeEach(async () => {
    rawDir = await mkdtemp(join(tmpdir(), 'siptune-test-fleet-'));
  });
  afterEach(() => rm(rawDir, { recursive: true }));

  type Offer = (plan: LoadPlan, context: LoadContext) => Promise<LoadReport>;
  const honest: Offer = async (plan, context) => {
    await context.together?.();
    context.onWindow('begin');
    context.onWindow('end');
    return reportOf(plan);
  };

  function fleetOf(offers: readonly Offer[], needed = offers.length) {
    const seen: { plan: LoadPlan; context: LoadContext }[] = [];
    const opened: string[] = [];
    let closed = 0;
    const members = offers.map((offer, index): FleetMember => {
      const load: CallLoad = {
        open: async (dir) => void opened.push(dir),
        offer: (plan, context) => {
          seen.push({ plan, context });
          return offer(plan, context);
        },
        close: async () => {
          closed += 1;
        },
      };
      return { name: `pair ${index + 1}`, pair: index + 1, load };
    });
    return { fleet: createFleet(members, () => needed), seen, opened, closed: () => closed };
  }

  function context(more: Partial<LoadContext> = {}) {
    const edges: string[] = [];
    const signal = new AbortController().signal;
    return { rawDir, signal, onWindow: (edge: string) => void edges.push(edge), edges, ...more };
  }

  test('of which one is enough leaves plan, files and faults as they are', async () => {
    const faulty: Offer = async (plan) => reportOf(plan, { generatorFaults: ['stood still'] });
    const { fleet, seen, opened } = fleetOf([faulty, honest], 1);
    await fleet.open(rawDir);
    const asked = context();
    expect((await fleet.offer(STEADY, asked)).generatorFaults).toEqual(['stood still']);
    expect(seen).toEqual([{ plan: STEADY, context: asked }]);
    expect(opened).toEqual([rawDir]);
    expect(await readdir(rawDir)).toEqual([]);
  });

  test('begins and ends one window, and keeps the files of each apart', async () => {
    const { fleet, opened } = fleetOf([honest, honest, honest]);
    const asked = context();
    expect(await fleet.offer(STEADY, asked)).toMatchObject({ plannedCalls: 2_005, successfulCalls: 2_005 });
    expect(asked.edges).toEqual(['begin', 'end']);
    // They open side by side.
    expect([...opened].sort()).toEqual([1, 2, 3].map((pair) => join(rawDir, `pair-${pair}`)));
    expect((await readdir(rawDir)).sort()).toEqual(['pair-1', 'pair-2', 'pair-3']);
  });

  test('nobody begins before everybody is ready', async () => {
    const order: string[] = [];
    const ready =
      (name: string, waitMs: number): Offer =>
      async (plan, own) => {
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        order.push(`${name} ready`);
        await own.together?.();
        order.push(`${name} begins`);
        return reportOf(plan);
      };
    await fleetOf([ready('a', 0), ready('b', 20)]).fleet.offer(STEADY, context());
    expect(order.slice(0, 2).sort()).toEqual(['a ready', 'b ready']);
  });

  test('all processes are told, each with its pair', async () => {
    const pids: Offer = async (plan, own) => {
      own.onProcesses?.([{ pid: 100 + (own.part?.index ?? 0), role: 'uac' }]);
      return reportOf(plan);
    };
    let told: readonly GeneratorProcess[] = [];
    const onProcesses = (processes: readonly GeneratorProcess[]) => {
      told = processes;
    };
    await fleetOf([pids, pids]).fleet.offer(STEADY, context({ onProcesses }));
    expect(told).toEqual([
      { pid: 100, role: 'uac', pair: 1 },
      { pid: 101, role: 'uac', pair: 2 },
    ]);
  });

  test('one that cannot start ends the others, and its reason is what is heard', async () => {
    const waiting: Offer = (plan, own) =>
      new Promise((resolve) => own.signal.addEventListener('abort', () => resolve(reportOf(plan))));
    const failing: Offer = async () => {
      throw new Error('the port is in use');
    };
    const { fleet, closed } = fleetOf([waiting, failing]);
    await expect(fleet.offer(STEADY, context())).rejects.toThrow('the port is in use');
    await fleet.close();
    expect(closed()).toBe(2);
  });

  test('parts of a burst that leave one after the other are no burst', async () => {
    const late: Offer = async (plan) => reportOf(plan, { beganAtMs: 400 });
    const { generatorFaults } = await fleetOf([honest, late]).fleet.offer(
      { shape: 'burst', calls: 100 },
      context(),
    );
    expect(generatorFaults).toEqual(['the 2 parts of the burst took 410 ms to leave']);
  });

  test('nor are parts that may have left so, for all that is known of the clock of another machine', async () => {
    const there: Offer = async (plan) => reportOf(plan, { beganAtMs: 60, clockUncertaintyMs: 40 });
    const burst = { shape: 'burst', calls: 100 } as const;
    const { generatorFaults } = await fleetOf([honest, there]).fleet.offer(burst, context());
    expect(generatorFaults).toEqual([
      'the 2 parts of the burst took 70 ms to leave, by clocks that are compared to 40 ms',
    ]);
    const near: Offer = async (plan) => reportOf(plan, { beganAtMs: 30, clockUncertaintyMs: 2 });
    expect((await fleetOf([honest, near]).fleet.offer(burst, context())).generatorFaults).toEqual([]);
  });

  test('whoever needs time to begin gets it, and all begin together', async () => {
    const starts: number[] = [];
    const needing =
      (leadMs: number): Offer =>
      async (plan, own) => {
        starts.push((await own.together?.(leadMs)) ?? Number.NaN);
        return reportOf(plan);
      };
    const beforeMs = performance.now();
    await fleetOf([needing(0), needing(300)]).fleet.offer(STEADY, context());
    expect(new Set(starts).size).toBe(1);
    expect(starts[0]).toBeGreaterThanOrEqual(beforeMs + 300);
  });
});

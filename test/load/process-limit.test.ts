// How many generators: what one of them reaches is found from below, and turned into a number that the CPUs can feed.
import { expect, test } from 'vitest';
import { cpusOfPairs, pairsFed, pairsNeeded } from '../../src/load/fleet-size.ts';
import type { CallLoad, LoadPlan, LoadReport } from '../../src/load/load.ts';
import { measureProcessLimit } from '../../src/load/process-limit.ts';

function loadWithLimit(limitCps: number, hiccupAt?: number) {
  const offered: number[] = [];
  const load: CallLoad = {
    open: async () => {},
    close: async () => {},
    offer: async (plan: LoadPlan) => {
      const rateCps = plan.shape === 'steady' ? plan.rateCps : 0;
      offered.push(rateCps);
      const fails = rateCps > limitCps || (offered.length === hiccupAt && true);
      return {
        plannedCalls: rateCps,
        successfulCalls: rateCps,
        retransmissions: 0,
        generatorFaults: fails ? ['stood still'] : [],
      } as unknown as LoadReport;
    },
  };
  return { load, offered };
}

const measured = (limitCps: number, hiccupAt?: number, signal = new AbortController().signal) =>
  measureProcessLimit({ load: loadWithLimit(limitCps, hiccupAt).load, rawDir: '/', signal });

test.each([260, 1_000, 1_333, 7_777, 40_000])(
  'a limit of %i calls/s is found, never exceeded',
  async (limit) => {
    const found = (await measured(limit)) ?? 0;
    expect(found).toBeLessThanOrEqual(limit);
    expect(found / limit).toBeGreaterThan(0.89);
  },
);

test('one hiccup of the machine is not taken for the limit', async () => {
  expect(await measured(1_000, 1)).toBeGreaterThan(890);
});

test('a process that reaches nothing has no limit, nor has a measurement that is interrupted', async () => {
  expect(await measured(100)).toBeNull();
  expect(await measured(1_000, undefined, AbortSignal.abort())).toBeNull();
});

test('its search does not go on for ever above what is of any use', async () => {
  const { load, offered } = loadWithLimit(Number.POSITIVE_INFINITY);
  await measureProcessLimit({ load, rawDir: '/', signal: new AbortController().signal });
  expect(offered.length).toBeLessThan(12);
});

test('as many pairs as the rate needs with something in hand, as the CPUs can feed, and as there may be', () => {
  const steady = (rateCps: number) => ({ shape: 'steady', rateCps, warmupMs: 0, windowMs: 1_000 }) as const;
  expect([100, 800, 801, 4_000].map((rate) => pairsNeeded(steady(rate), 1_000))).toEqual([1, 1, 2, 5]);
  expect(pairsNeeded(steady(100), null)).toBe(Number.POSITIVE_INFINITY);
  expect([1, 3_000, 3_001].map((calls) => pairsNeeded({ shape: 'burst', calls }, null))).toEqual([1, 1, 2]);
  expect([0, 1, 2, 3, 4, 64].map((cpus) => pairsFed(cpus, 16))).toEqual([1, 1, 1, 1, 2, 16]);
});

test('each process has its own core where there are enough, and all have all otherwise', () => {
  expect(cpusOfPairs('4-7', 2)).toEqual([
    { caller: '4', callee: '5' },
    { caller: '6', callee: '7' },
  ]);
  expect(cpusOfPairs('2-3', 2)).toEqual([
    { caller: '2-3', callee: '2-3' },
    { caller: '2-3', callee: '2-3' },
  ]);
  expect(cpusOfPairs('4-7', 1)).toEqual([{ caller: '4-7', callee: '4-7' }]);
});

// The limit search must find the edge from any start, and must never claim a load that was not carried.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LimitSearch, searchLimit } from '../../src/capacity/search-limit.ts';

const search = (limit: number, overrides: Partial<LimitSearch> = {}) =>
  searchLimit({
    start: 64,
    min: 1,
    max: 100_000,
    step: 1.5,
    width: 0.05,
    agreeing: 1,
    patience: 0,
    classify: async (load) => (load <= limit ? 'carried' : 'overloaded'),
    outOfTime: () => false,
    ...overrides,
  });

test('brackets the edge within the width, from any start', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 90_000 }),
      fc.integer({ min: 1, max: 90_000 }),
      async (limit, start) => {
        const { limit: found, decided, trials } = await search(limit, { start });
        expect(decided).toBe(true);
        expect(found.low).toBeLessThanOrEqual(limit);
        expect(found.high).toBeGreaterThan(limit);
        expect(found.high <= found.low * 1.05 || found.high - found.low <= 1).toBe(true);
        expect(trials).toBeLessThan(30);
      },
    ),
  );
});

test('a good guess costs few trials', async () => {
  const { trials } = await search(1_000, { start: 980, step: 1.06, width: 0.06 });
  expect(trials).toBeLessThanOrEqual(3);
});

test('says zero when not even the smallest load is carried', async () => {
  const { limit, decided } = await search(0);
  expect(limit).toEqual({ estimate: 0, low: 0, high: 1 });
  expect(decided).toBe(false);
});

test('stops at the largest load that can be offered', async () => {
  const { limit } = await search(1e9, { max: 500 });
  expect(limit).toEqual({ estimate: 500, low: 500, high: 500 });
});

test('one unlucky verdict does not become the limit when two must agree', async () => {
  let first = true;
  const { limit } = await search(1_000, {
    agreeing: 2,
    classify: async (load) => {
      if (first) {
        first = false;
        return 'overloaded';
      }
      return load <= 1_000 ? 'carried' : 'overloaded';
    },
  });
  expect(limit.low).toBeGreaterThan(900);
});

test('out of time: reports the bracket so far and never more than was carried', async () => {
  let left = 3;
  const offered: number[] = [];
  const { limit, decided } = await search(5_000, {
    classify: async (load) => {
      offered.push(load);
      left -= 1;
      return load <= 5_000 ? 'carried' : 'overloaded';
    },
    outOfTime: () => left <= 0,
  });
  expect(decided).toBe(false);
  expect(offered).toContain(limit.low);
  expect(limit.low).toBeLessThanOrEqual(5_000);
});

test('an open bracket is worth a few trials more than the time allows', async () => {
  const { limit } = await search(100, { start: 400, patience: 10, outOfTime: () => true });
  expect(limit.low).toBeGreaterThan(0);
  expect(limit.high).toBeLessThan(400);
});

test('a stop ends the search at once', async () => {
  const { trials } = await search(5_000, { classify: async () => 'stop' });
  expect(trials).toBe(0);
});

test('what the generators cannot offer says nothing about the router: the answer is a lower bound', async () => {
  const { limit, decided } = await search(1e9, {
    classify: async (load) => (load > 700 ? 'unreachable' : 'carried'),
  });
  expect(limit.low).toBeGreaterThan(700 / 1.05 - 1);
  expect(limit.low).toBeLessThanOrEqual(700);
  // "At least": no load that could be offered was too much.
  expect(limit.high).toBe(100_000);
  expect(decided).toBe(false);
});

test('an edge below what the generators can offer is found all the same', async () => {
  const { limit, decided } = await search(500, {
    classify: async (load) => (load > 700 ? 'unreachable' : load <= 500 ? 'carried' : 'overloaded'),
  });
  expect(decided).toBe(true);
  expect(limit.low).toBeLessThanOrEqual(500);
  expect(limit.high).toBeGreaterThan(500);
  expect(limit.high).toBeLessThanOrEqual(700);
});

// The limit search must find the edge from any start, add contradicting trials up, and must never claim a load that was not carried.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LimitSearch, type LoadClass, searchLimit } from '../../src/capacity/search-limit.ts';
import { createRandom } from '../../src/stats/random.ts';

const SCATTERS = [0.004, 0.01, 0.03, 0.06, 0.12, 0.25].map((scatter) => [scatter, 1] as const);

interface Overrides extends Partial<Omit<LimitSearch, 'classify'>> {
  readonly classify?: (load: number) => LoadClass;
}

const search = (limit: number, { classify, ...overrides }: Overrides = {}) =>
  searchLimit({
    expected: { value: 64, spread: 1.5 },
    min: 1,
    max: 100_000,
    scatters: SCATTERS,
    width: 0.05,
    patience: 0,
    classify: async (load) => ({
      seen: classify?.(load) ?? (load <= limit ? 'carried' : 'overloaded'),
      cost: null,
      busyShare: null,
    }),
    outOfTime: () => false,
    ...overrides,
  });

test('finds the edge to the width, from any start, and never above it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 90_000 }),
      fc.integer({ min: 1, max: 90_000 }),
      async (limit, start) => {
        const {
          limit: found,
          decided,
          trials,
        } = await search(limit, { expected: { value: start, spread: 1.5 } });
        expect(decided).toBe(true);
        expect(found.estimate).toBeLessThanOrEqual(limit);
        expect(found.estimate).toBeGreaterThan(limit / 1.15 - 1);
        expect(found.low).toBeLessThanOrEqual(limit);
        expect(found.high).toBeGreaterThanOrEqual(limit);
        expect(trials).toBeLessThan(40);
      },
    ),
    { numRuns: 60 },
  );
});

test('a good guess costs few trials', async () => {
  const good = await search(1_000, { expected: { value: 980, spread: 0.08 } });
  const none = await search(1_000);
  expect(good.trials).toBeLessThan(none.trials * 0.75);
});

test('a step up is never more than half as much again', async () => {
  const offered: number[] = [];
  await search(50_000, {
    classify: (load) => {
      offered.push(load);
      return load <= 50_000 ? 'carried' : 'overloaded';
    },
  });
  for (const [n, load] of offered.entries())
    expect(load).toBeLessThanOrEqual(Math.max(100, 1.51 * Math.max(...offered.slice(0, n), 0)));
});

test('says zero when not even the smallest load is carried', async () => {
  const { limit, decided } = await search(0);
  expect(limit).toEqual({ estimate: 0, low: 0, high: 1 });
  expect(decided).toBe(false);
});

test('stops at the largest load that can be offered', async () => {
  const { limit } = await search(1e9, { max: 500 });
  expect(limit).toMatchObject({ estimate: 500, high: 500 });
});

test('one unlucky verdict far below the edge does not become the limit', async () => {
  let first = true;
  const { limit } = await search(1_000, {
    expected: { value: 500, spread: 0.3 },
    classify: (load) => {
      if (first) {
        first = false;
        return 'overloaded';
      }
      return load <= 1_000 ? 'carried' : 'overloaded';
    },
  });
  expect(limit.high).toBeGreaterThanOrEqual(1_000);
  expect(limit.estimate).toBeGreaterThan(800);
});

test('a noisy edge costs more trials, and the interval says how well it is known', async () => {
  let covered = 0;
  let optimistic = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const random = createRandom(seed);
    const { limit } = await search(1_000, {
      expected: { value: 900, spread: 0.2 },
      classify: (load) => (load <= 1_000 * Math.exp(0.05 * gaussian(random)) ? 'carried' : 'overloaded'),
    });
    if (limit.low <= 1_000 && 1_000 <= limit.high) covered += 1;
    if (limit.estimate > 1_050) optimistic += 1;
  }
  expect(covered).toBeGreaterThanOrEqual(36);
  expect(optimistic).toBeLessThanOrEqual(2);
});

test('a slow machine is told from a slow router by what each message costs', async () => {
  const squaredErrors = async (metered: boolean) => {
    let sum = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const random = createRandom(seed);
      let left = 10;
      const { limit } = await searchLimit({
        expected: { value: 950, spread: 0.15 },
        min: 1,
        max: 100_000,
        scatters: SCATTERS,
        width: 0.001,
        patience: 10,
        classify: async (load) => {
          left -= 1;
          const carries = 1_000 * Math.exp(0.1 * gaussian(random));
          const busyShare = metered ? Math.min(1, load / carries) : null;
          return {
            seen: load <= carries ? 'carried' : 'overloaded',
            cost: metered ? 1 / carries : null,
            busyShare,
          };
        },
        outOfTime: () => left <= 0,
      });
      sum += Math.log((limit.low + limit.high) / 2_000) ** 2;
    }
    return sum;
  };
  // The cost averages over all ten trials, the verdicts only near the limit: in theory by a factor of pi / 2 at best.
  expect(await squaredErrors(true)).toBeLessThan((await squaredErrors(false)) * 0.85);
});

test('out of time: reports what is known so far and never more than was carried', async () => {
  let left = 3;
  const offered: number[] = [];
  const { limit, decided } = await search(5_000, {
    expected: { value: 4_000, spread: 0.5 },
    classify: (load) => {
      left -= 1;
      if (load <= 5_000) offered.push(load);
      return load <= 5_000 ? 'carried' : 'overloaded';
    },
    outOfTime: () => left <= 0,
  });
  expect(decided).toBe(false);
  expect(limit.estimate).toBeLessThanOrEqual(Math.max(...offered));
});

test('an open bracket is worth a few trials more than the time allows', async () => {
  const { limit } = await search(100, {
    expected: { value: 400, spread: 0.3 },
    patience: 10,
    outOfTime: () => true,
  });
  expect(limit.estimate).toBeGreaterThan(0);
  expect(limit.high).toBeLessThan(400);
});

test('a stop ends the search at once', async () => {
  const { trials } = await search(5_000, { classify: () => 'stop' });
  expect(trials).toBe(0);
});

test('what the generators cannot offer says nothing about the router: the answer is a lower bound', async () => {
  const { limit, decided, unreachable } = await search(1e9, {
    classify: (load) => (load > 700 ? 'unreachable' : 'carried'),
  });
  expect(limit.estimate).toBeGreaterThan(700 / 1.06 - 1);
  expect(limit.estimate).toBeLessThanOrEqual(700);
  // "At least": no load that could be offered was too much.
  expect(limit.high).toBe(100_000);
  expect(unreachable).toBeGreaterThan(700);
  expect(decided).toBe(false);
});

test('an edge below what the generators can offer is found all the same', async () => {
  const { limit, decided } = await search(500, {
    classify: (load) => (load > 700 ? 'unreachable' : load <= 500 ? 'carried' : 'overloaded'),
  });
  expect(decided).toBe(true);
  expect(limit.estimate).toBeLessThanOrEqual(500);
  expect(limit.high).toBeGreaterThanOrEqual(500);
  expect(limit.high).toBeLessThanOrEqual(700);
});

test('loads at which the machine spoils every trial are passed by', async () => {
  const { limit } = await search(500, {
    classify: (load) => (load > 600 ? 'unclear' : load <= 500 ? 'carried' : 'overloaded'),
  });
  expect(limit.estimate).toBeGreaterThan(440);
  expect(limit.estimate).toBeLessThanOrEqual(500);
});

/** G. E. P. Box, M. E. Muller, 1958. */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

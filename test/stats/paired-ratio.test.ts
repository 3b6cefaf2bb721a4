// The ratio of two configurations, and whether its interval really covers the truth.
import { expect, test } from 'vitest';
import { bootstrapRatio, type Pair, pairedRatio } from '../../src/stats/paired-ratio.ts';
import { createRandom, type Random } from '../../src/stats/random.ts';
import { gaussian } from '../support/model-router.ts';
import { DARWIN_DIFFERENCES } from './darwin.ts';

/** Pairs whose log ratios are Darwin's differences. */
const darwin: Pair[] = DARWIN_DIFFERENCES.map((difference) => [1, Math.exp(difference / 100)]);
/** t interval of the differences: 20.933 ± 2.145 × 9.746 (Fisher, section 17: mean, standard error; table of t). */
const DARWIN_INTERVAL = { low: 0.03, mean: 20.933, high: 41.836 };

test("the interval is the t interval of the log ratios, as for Darwin's maize", () => {
  const { low, estimate, high } = pairedRatio(darwin, 0.95);
  expect(100 * Math.log(low)).toBeCloseTo(DARWIN_INTERVAL.low, 1);
  expect(100 * Math.log(estimate)).toBeCloseTo(DARWIN_INTERVAL.mean, 2);
  expect(100 * Math.log(high)).toBeCloseTo(DARWIN_INTERVAL.high, 1);
});

test('swapping the sides turns the ratio and its interval over', () => {
  const pairs: Pair[] = [
    [100, 130],
    [110, 120],
    [90, 140],
  ];
  const there = pairedRatio(pairs, 0.95, { resolution: 0.05 });
  const back = pairedRatio(
    pairs.map(([a, b]) => [b, a] as const),
    0.95,
    { resolution: 0.05 },
  );
  expect(there.estimate * back.estimate).toBeCloseTo(1, 12);
  expect(there.low * back.high).toBeCloseTo(1, 12);
});

test('one pair proves nothing', () => {
  const interval = { estimate: 5, low: 0, high: Number.POSITIVE_INFINITY };
  expect(pairedRatio([[10, 50]], 0.95, { resolution: 0.01 })).toEqual(interval);
  expect(bootstrapRatio([[10, 50]], 0.95, createRandom(1))).toEqual(interval);
});

test('pairs that agree to the digit are known to the resolution of their measurement, not better', () => {
  const same: Pair[] = [
    [4_000, 4_100],
    [4_000, 4_100],
    [4_000, 4_100],
    [4_000, 4_100],
  ];
  const { low, estimate, high } = pairedRatio(same, 0.95, { resolution: 0.02 });
  expect(estimate).toBeCloseTo(1.025, 12);
  expect(low).toBeCloseTo(1.025 / 1.02 ** 2, 12);
  expect(high).toBeCloseTo(1.025 * 1.02 ** 2, 12);
});

test('a coarser measurement and a higher confidence both widen the interval', () => {
  const widthOf = (confidence: number, resolution: number) => {
    const { low, high } = pairedRatio(darwin, confidence, { resolution });
    return Math.log(high / low);
  };
  expect(widthOf(0.99, 0)).toBeGreaterThan(widthOf(0.95, 0));
  expect(widthOf(0.95, 0.05) - widthOf(0.95, 0)).toBeCloseTo(4 * Math.log(1.05), 12);
});

test('from three pairs on, the interval covers the truth as often as it says, however the brackets fall', () => {
  const random = createRandom(3);
  for (const width of [0.04, 0.1])
    for (const noise of [0, 0.3, 1, 3])
      for (const grid of ['one grid per side', 'a new grid each time'] as const)
        for (const n of [3, 4, 8]) {
          const covered = coverage({ width, noise: noise * width, grid, n, random });
          expect(covered, `width ${width}, noise ${noise} widths, ${grid}, ${n} pairs`).toBeGreaterThan(
            0.945,
          );
        }
});

test('a router that the candidate does not change is called improved in at most 1 of 40 campaigns', () => {
  const random = createRandom(8);
  let improved = 0;
  for (let campaign = 0; campaign < 4_000; campaign += 1) {
    const pairs = Array.from({ length: 4 }, () => [1, Math.exp(0.1 * gaussian(random))] as const);
    if (pairedRatio(pairs, 0.95).low > 1) improved += 1;
  }
  expect(improved / 4_000).toBeLessThan(0.032);
});

test('the bootstrap agrees with the t interval where that is right, and repeats itself', () => {
  const t = pairedRatio(darwin, 0.95);
  const bootstrap = bootstrapRatio(darwin, 0.95, createRandom(1));
  const ofWidth = Math.log(bootstrap.high / bootstrap.low) / Math.log(t.high / t.low);
  expect(ofWidth).toBeGreaterThan(0.85);
  expect(ofWidth).toBeLessThan(1.15);
  expect(bootstrap.estimate).toBe(t.estimate);
  expect(bootstrapRatio(darwin, 0.95, createRandom(1))).toEqual(bootstrap);
});

test('measurements that make no ratio are refused', () => {
  expect(() => pairedRatio([], 0.95)).toThrow(/at least one pair/);
  expect(() => pairedRatio([[0, 5]], 0.95)).toThrow(/two positive measurements, got 0 and 5/);
  expect(() => pairedRatio([[5, Number.NaN]], 0.95)).toThrow(/got 5 and NaN/);
  expect(() => pairedRatio([[1, 2]], 95)).toThrow(/between 0 and 1, got 95/);
});

interface Simulation {
  readonly width: number;
  readonly noise: number;
  readonly grid: 'one grid per side' | 'a new grid each time';
  readonly n: number;
  readonly random: Random;
}

/** Share of the simulated campaigns whose interval covers the true ratio; limits are known to a bracket of `width`. */
function coverage({ width, noise, grid, n, random }: Simulation): number {
  const campaigns = 1_000;
  const step = Math.log1p(width);
  let covered = 0;
  for (let campaign = 0; campaign < campaigns; campaign += 1) {
    const [current, candidate] = [100 * (1 + random()), 100 * (1 + random())];
    const sides = [random(), random()];
    const measure = (limit: number, side: 0 | 1) => {
      const offset = grid === 'one grid per side' ? (sides[side] ?? 0) : random();
      const seen = Math.log(limit) + noise * gaussian(random);
      return Math.exp(Math.floor((seen - offset) / step) * step + offset);
    };
    const pairs = Array.from({ length: n }, () => [measure(current, 0), measure(candidate, 1)] as const);
    const { low, high } = pairedRatio(pairs, 0.95, { resolution: width / 2 });
    const ratio = candidate / current;
    if (low <= ratio && ratio <= high) covered += 1;
  }
  return covered / campaigns;
}

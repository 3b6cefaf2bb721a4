// The ratio of two configurations, and whether its interval really covers the truth.
import { expect, test } from 'vitest';
import { type Pair, pairedRatio } from '../../src/stats/paired-ratio.ts';
import { createRandom } from '../../src/stats/random.ts';
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
  const there = pairedRatio(pairs, 0.95);
  const back = pairedRatio(
    pairs.map(([a, b]) => [b, a] as const),
    0.95,
  );
  expect(there.estimate * back.estimate).toBeCloseTo(1, 12);
  expect(there.low * back.high).toBeCloseTo(1, 12);
});

test('one pair proves nothing', () => {
  const interval = { estimate: 5, low: 0, high: Number.POSITIVE_INFINITY };
  expect(pairedRatio([[10, 50]], 0.95)).toEqual(interval);
});

test('a higher confidence widens the interval', () => {
  const widthOf = (confidence: number) => {
    const { low, high } = pairedRatio(darwin, confidence);
    return Math.log(high / low);
  };
  expect(widthOf(0.99)).toBeGreaterThan(widthOf(0.95));
});

test.each([3, 4, 8])('with %i pairs the interval covers the truth as often as it says', (n) => {
  const random = createRandom(n);
  const campaigns = 4_000;
  let covered = 0;
  for (let campaign = 0; campaign < campaigns; campaign += 1) {
    const ratio = 1 + random();
    const pairs = Array.from({ length: n }, () => {
      const current = 100 * Math.exp(0.2 * gaussian(random));
      return [current, current * ratio * Math.exp(0.1 * gaussian(random))] as const;
    });
    const { low, high } = pairedRatio(pairs, 0.95);
    if (low <= ratio && ratio <= high) covered += 1;
  }
  expect(covered / campaigns).toBeGreaterThan(0.94);
  expect(covered / campaigns).toBeLessThan(0.96);
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

test('measurements that make no ratio are refused', () => {
  expect(() => pairedRatio([], 0.95)).toThrow(/at least one pair/);
  expect(() => pairedRatio([[0, 5]], 0.95)).toThrow(/two positive measurements, got 0 and 5/);
  expect(() => pairedRatio([[5, Number.NaN]], 0.95)).toThrow(/got 5 and NaN/);
  expect(() => pairedRatio([[1, 2]], 95)).toThrow(/between 0 and 1, got 95/);
});

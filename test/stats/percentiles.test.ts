// Percentiles by nearest rank.
import { expect, test } from 'vitest';
import { percentile, percentiles } from '../../src/stats/percentiles.ts';
import { createRandom } from '../../src/stats/random.ts';

test('textbook examples of nearest rank', () => {
  const five = Float64Array.of(15, 20, 35, 40, 50);
  expect([0.05, 0.3, 0.4, 0.5, 1].map((q) => percentile(five, q))).toEqual([15, 20, 20, 35, 50]);
  const ten = Float64Array.of(3, 6, 7, 8, 8, 10, 13, 15, 16, 20);
  expect([0, 0.25, 0.5, 0.75, 1].map((q) => percentile(ten, q))).toEqual([3, 7, 8, 15, 20]);
});

test('at least the share asked for is at or below the answer, and less than it below', () => {
  const random = createRandom(5);
  for (const length of [1, 2, 3, 99, 100, 101, 5_000]) {
    const values = Float64Array.from({ length }, () => Math.floor(random() * 300));
    for (const q of [0.01, 0.07, 0.5, 0.9, 0.95, 0.99, 0.999]) {
      const answer = percentile(values, q);
      expect(values.filter((value) => value <= answer).length).toBeGreaterThanOrEqual(q * length - 1e-9);
      expect(values.filter((value) => value < answer).length).toBeLessThan(q * length);
    }
  }
});

test('the order of the calls is kept, and calls that never ended are the largest', () => {
  const values = Float64Array.of(9, Number.POSITIVE_INFINITY, 3, 5);
  expect(percentile(values, 0.5)).toBe(5);
  expect(percentile(values, 0.99)).toBe(Number.POSITIVE_INFINITY);
  expect([...values]).toEqual([9, Number.POSITIVE_INFINITY, 3, 5]);
});

test('several at once are the same as one by one', () => {
  const random = createRandom(6);
  const shares = [0.95, 0, 0.5, 1];
  for (const length of [1, 2, 400]) {
    const values = Float64Array.from({ length }, () => Math.floor(random() * 300));
    const before = [...values];
    expect(percentiles(values, shares)).toEqual(shares.map((q) => percentile(values, q)));
    expect([...values]).toEqual(before);
  }
});

test('0.07 of 100 values is the seventh, although 0.07 * 100 is a little more than 7', () => {
  expect(
    percentile(
      Float64Array.from({ length: 100 }, (_, i) => i + 1),
      0.07,
    ),
  ).toBe(7);
});

test('50,000 delays cost less than sorting them', () => {
  const random = createRandom(9);
  const values = Float64Array.from({ length: 50_000 }, () => random() ** 4 * 1_000);
  const timeOf = (work: () => void) => {
    const started = performance.now();
    for (let n = 0; n < 10; n += 1) work();
    return performance.now() - started;
  };
  const p99 = () => percentile(values, 0.99);
  p99();
  expect(timeOf(p99)).toBeLessThan(timeOf(() => Array.from(values).sort((a, b) => a - b)));
});

test('nothing, no share and no number are refused', () => {
  expect(() => percentile(new Float64Array(0), 0.5)).toThrow(/at least one value/);
  expect(() => percentile(Float64Array.of(1), 99)).toThrow(/between 0 and 1, got 99/);
  expect(() => percentile(Float64Array.of(1, Number.NaN), 0.5)).toThrow(/Value 1 of 2 is not a number/);
});

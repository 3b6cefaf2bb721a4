// The permutation test against Fisher's own count.
import { expect, test } from 'vitest';
import { type Sides, swapPValue } from '../../src/stats/permutation.ts';
import { createRandom } from '../../src/stats/random.ts';
import { gaussian } from '../support/model-router.ts';
import { DARWIN_DIFFERENCES } from './darwin.ts';

/** Pairs that differ by so much. */
const pairsOf = (differences: readonly number[]): Sides<number>[] => differences.map((one) => [0, one]);
const sumOfDifferences = (pairs: readonly Sides<number>[]) => pairs.reduce((sum, [a, b]) => sum + b - a, 0);
const pValue = (differences: readonly number[], patterns = 2 ** 15) =>
  swapPValue(pairsOf(differences), sumOfDifferences, { random: createRandom(1), patterns });

test("Darwin's maize: 863 of the 32,768 exchanges do as well", () => {
  expect(pValue(DARWIN_DIFFERENCES)).toBe(863 / 32_768);
});

test('the p-value has a floor of 2^-n: four pairs cannot go below 0.0625', () => {
  expect(pValue([0.4, 0.1, 0.2, 0.3])).toBe(1 / 16);
  expect(pValue([1, 2, 3, 4, 5])).toBe(1 / 32);
});

test('it is one-sided, and ties count against the candidate', () => {
  expect(pValue([-0.4, -0.1, -0.2])).toBe(1);
  expect(pValue([0, 0, 0])).toBe(1);
  expect(pValue([])).toBe(1);
  // The sum is 0 but for rounding, and so is its mirror image: five of the eight exchanges are at least 0.
  expect(pValue([0.1, 0.2, -0.3])).toBe(5 / 8);
});

test('where not all are looked at, drawn exchanges come near the exact share, the same each time, and never give zero', () => {
  const drawn = pValue(DARWIN_DIFFERENCES, 20_000);
  expect(drawn).toBeCloseTo(863 / 32_768, 2);
  expect(pValue(DARWIN_DIFFERENCES, 20_000)).toBe(drawn);
  expect(pValue(new Array<number>(40).fill(1), 1_000)).toBe(1 / 1_000);
});

test('the statistic may be anything that can be worked out from the sides', () => {
  const logOfMeans = (pairs: readonly Sides<number>[]) =>
    Math.log(pairs.reduce((sum, [, b]) => sum + b, 0) / pairs.reduce((sum, [a]) => sum + a, 0));
  const twice: Sides<number>[] = [10, 11, 12, 13, 14, 15].map((load) => [load, 2 * load]);
  expect(swapPValue(twice, logOfMeans, { random: createRandom(1), patterns: 64 })).toBe(1 / 64);
  expect(() => swapPValue(twice, () => Number.NaN, { random: createRandom(1), patterns: 64 })).toThrow(
    /not a number/,
  );
});

test('a candidate that is no better is called better in no more than one of twenty campaigns', () => {
  const random = createRandom(11);
  let wrong = 0;
  for (let campaign = 0; campaign < 2_000; campaign += 1)
    if (pValue(Array.from({ length: 6 }, () => gaussian(random))) <= 0.05) wrong += 1;
  expect(wrong / 2_000).toBeLessThan(0.06);
});

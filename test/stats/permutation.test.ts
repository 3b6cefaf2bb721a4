// The sign-flip test against Fisher's own count.
import { expect, test } from 'vitest';
import { signFlipPValue } from '../../src/stats/permutation.ts';
import { createRandom } from '../../src/stats/random.ts';
import { gaussian } from '../support/model-router.ts';
import { DARWIN_DIFFERENCES } from './darwin.ts';

test("Darwin's maize: 863 of the 32,768 sign patterns do as well", () => {
  expect(signFlipPValue(DARWIN_DIFFERENCES)).toBe(863 / 32_768);
});

test('the p-value has a floor of 2^-n: four pairs cannot go below 0.0625', () => {
  expect(signFlipPValue([0.4, 0.1, 0.2, 0.3])).toBe(1 / 16);
  expect(signFlipPValue([1, 2, 3, 4, 5])).toBe(1 / 32);
});

test('it is one-sided, and ties count against the candidate', () => {
  expect(signFlipPValue([-0.4, -0.1, -0.2])).toBe(1);
  expect(signFlipPValue([0, 0, 0])).toBe(1);
  expect(signFlipPValue([])).toBe(1);
  // The sum is 0 but for rounding, and so is its mirror image: five of the eight patterns are at least 0.
  expect(signFlipPValue([0.1, 0.2, -0.3])).toBe(5 / 8);
});

test('beyond sixteen pairs, drawn patterns come near the exact count, the same each time, and never give zero', () => {
  const twenty = [...DARWIN_DIFFERENCES, 0, 0, 0, 0, 0];
  expect(signFlipPValue(twenty)).toBeCloseTo(863 / 32_768, 2);
  expect(signFlipPValue(twenty)).toBe(signFlipPValue(twenty));
  expect(signFlipPValue(new Array<number>(40).fill(1))).toBeGreaterThan(0);
});

test('a candidate that is no better is called better in no more than one of twenty campaigns', () => {
  const random = createRandom(11);
  let wrong = 0;
  for (let campaign = 0; campaign < 2_000; campaign += 1)
    if (signFlipPValue(Array.from({ length: 6 }, () => gaussian(random))) <= 0.05) wrong += 1;
  expect(wrong / 2_000).toBeLessThan(0.06);
});

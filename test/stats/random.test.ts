// The seeded generator against its published sequences.
import { expect, test } from 'vitest';
import { createRandom, splitMix64, xoshiro128StarStar } from '../../src/stats/random.ts';

test('xoshiro128** gives the published sequence for the state 1, 2, 3, 4', () => {
  const next = xoshiro128StarStar([1, 2, 3, 4]);
  expect(Array.from({ length: 10 }, next)).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ]);
});

test('SplitMix64 gives the published sequence for the seed 1234567', () => {
  expect(Array.from({ length: 3 }, splitMix64(1234567n))).toEqual([
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
  ]);
});

test('the same seed gives the same numbers, and seeds beside each other unlike ones', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed));
  expect(draw(7)).toEqual(draw(7));
  const firsts = [0, 1, 2, 3, -1, 2 ** 40, 2 ** 40 + 1].map((seed) => draw(seed)[0]);
  expect(new Set(firsts).size).toBe(firsts.length);
});

test('numbers lie in [0, 1), evenly', () => {
  const random = createRandom(42);
  const bins = new Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i += 1) {
    const bin = Math.floor(random() * 10);
    bins[bin] = (bins[bin] ?? Number.NaN) + 1;
  }
  for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

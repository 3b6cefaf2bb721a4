// Sobol's points, beside published ones.
import { expect, test } from 'vitest';
import { createRandom } from '../../src/stats/random.ts';
import { createSobol, MOST_DIMENSIONS } from '../../src/stats/sobol.ts';

test('the first points are those of Joe and Kuo', () => {
  const next = createSobol(5, null);
  // As printed for new-joe-kuo-6.21201 by its authors' program, and by scipy 1.17.1 (scipy.stats.qmc.Sobol, not scrambled).
  expect(Array.from({ length: 8 }, next)).toEqual([
    [0, 0, 0, 0, 0],
    [0.5, 0.5, 0.5, 0.5, 0.5],
    [0.75, 0.25, 0.25, 0.25, 0.75],
    [0.25, 0.75, 0.75, 0.75, 0.25],
    [0.375, 0.375, 0.625, 0.875, 0.375],
    [0.875, 0.875, 0.125, 0.375, 0.875],
    [0.625, 0.125, 0.875, 0.625, 0.625],
    [0.125, 0.625, 0.375, 0.125, 0.125],
  ]);
});

test('the sixteenth point in forty dimensions is that of scipy 1.17.1', () => {
  const next = createSobol(40, null);
  const points = Array.from({ length: 16 }, next);
  expect(points[15]).toEqual([
    0.0625, 0.9375, 0.5625, 0.3125, 0.6875, 0.1875, 0.8125, 0.3125, 0.3125, 0.6875, 0.0625, 0.1875, 0.3125,
    0.5625, 0.9375, 0.8125, 0.9375, 0.9375, 0.3125, 0.6875, 0.8125, 0.8125, 0.5625, 0.8125, 0.3125, 0.6875,
    0.1875, 0.8125, 0.3125, 0.5625, 0.8125, 0.1875, 0.1875, 0.3125, 0.4375, 0.5625, 0.3125, 0.9375, 0.9375,
    0.6875,
  ]);
});

test('shifted by a seed, the first 2^k points still have one in each of 2^k equal parts of every coordinate', () => {
  for (const seed of [1, 2, 3]) {
    const points = Array.from({ length: 64 }, createSobol(MOST_DIMENSIONS, createRandom(seed)));
    for (let k = 0; k < MOST_DIMENSIONS; k += 1)
      expect(new Set(points.map((point) => Math.floor((point[k] ?? 0) * 64))).size).toBe(64);
  }
  expect(createSobol(3, createRandom(1))()).not.toEqual(createSobol(3, createRandom(2))());
});

test('more dimensions than there are direction numbers are refused', () => {
  expect(() => createSobol(MOST_DIMENSIONS + 1, null)).toThrow(RangeError);
});

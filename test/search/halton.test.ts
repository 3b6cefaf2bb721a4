// The space-filling points.
import { expect, test } from 'vitest';
import { createHalton } from '../../src/search/halton.ts';
import { createRandom } from '../../src/stats/random.ts';

const BASES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31] as const;

test('the first b points of a coordinate with base b fall into b different parts', () => {
  for (const seed of [1, 2, 3]) {
    const next = createHalton(BASES.length, createRandom(seed));
    const points = Array.from({ length: 31 }, next);
    for (const [k, base] of BASES.entries()) {
      const parts = points.slice(0, base).map((point) => Math.floor((point[k] ?? 0) * base + 1e-9));
      expect(new Set(parts).size).toBe(base);
    }
  }
});

test('points are spread more evenly than random ones: means of coordinates and of products', () => {
  const points = Array.from({ length: 256 }, createHalton(6, createRandom(4)));
  for (let a = 0; a < 6; a += 1)
    for (let b = 0; b < a; b += 1) {
      const product = points.reduce((sum, point) => sum + (point[a] ?? 0) * (point[b] ?? 0), 0) / 256;
      expect(Math.abs(product - 0.25)).toBeLessThan(0.02);
    }
});

test('the seed decides the points, all inside the cube', () => {
  const points = (seed: number) => Array.from({ length: 20 }, createHalton(4, createRandom(seed)));
  expect(points(1)).toEqual(points(1));
  expect(points(1)).not.toEqual(points(2));
  for (const coordinate of points(1).flat()) {
    expect(coordinate).toBeGreaterThanOrEqual(0);
    expect(coordinate).toBeLessThan(1);
  }
});

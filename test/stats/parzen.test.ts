// Densities from a few points.
import { expect, test } from 'vitest';
import { parzen, parzenOfNames } from '../../src/stats/parzen.ts';
import { createRandom } from '../../src/stats/random.ts';

test('the density is the mean of truncated normal ones, as scipy 1.17.1 gives them', () => {
  const density = parzen([0.2, 0.3]);
  expect(density.at(0.25)).toBeCloseTo(1.5896044425138347, 5);
  expect(density.at(0.9)).toBeCloseTo(0.3678187696294266, 5);
});

test('it sums to 1, and what is drawn lies inside and near the points', () => {
  const density = parzen([0.8, 0.82, 0.85, 0.9]);
  const cells = 2_000;
  const sum = Array.from({ length: cells }, (_, n) => density.at((n + 0.5) / cells)).reduce((a, b) => a + b);
  expect(sum / cells).toBeCloseTo(1, 4);
  const random = createRandom(1);
  const drawn = Array.from({ length: 500 }, () => density.draw(random));
  expect(drawn.every((u) => u >= 0 && u <= 1)).toBe(true);
  expect(drawn.filter((u) => u > 0.5).length).toBeGreaterThan(350);
});

test('names that were seen often are likelier, and none is impossible', () => {
  const density = parzenOfNames([1, 1, 1], 3);
  expect([density.at(0), density.at(1), density.at(2)]).toEqual([1 / 6, 4 / 6, 1 / 6]);
  const random = createRandom(2);
  const drawn = Array.from({ length: 300 }, () => density.draw(random));
  expect(new Set(drawn)).toEqual(new Set([0, 1, 2]));
});

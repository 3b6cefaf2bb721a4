// Gaussian processes and what they rest on, beside numbers of scikit-learn 1.x, numpy and scipy 1.17.1.
import { expect, test } from 'vitest';
import { cholesky, logDeterminant, solveLower, solveUpper } from '../../src/stats/cholesky.ts';
import { fitOptions, usualOptions } from '../../src/stats/fit-gaussian-process.ts';
import { createGaussianProcess } from '../../src/stats/gaussian-process.ts';
import { expectedImprovement, normalBelow } from '../../src/stats/normal.ts';
import { createRandom } from '../../src/stats/random.ts';

const MATRIX = Float64Array.from([4, 2, 0.6, 2, 5, 1.5, 0.6, 1.5, 3]);

test('the Cholesky factor, what is solved with it, and the determinant are those of numpy', () => {
  const factor = cholesky(MATRIX, 3);
  if (factor === null) throw new Error('not positive definite');
  const lower = [2, 0, 0, 1, 2, 0, 0.3, 0.6, 1.5968719422671311];
  for (const [index, value] of lower.entries()) expect(factor.lower[index]).toBeCloseTo(value, 12);
  const x = solveUpper(factor, solveLower(factor, Float64Array.from([1, 2, 3])));
  for (const [index, value] of [0.0625, 0.09264705882352936, 0.9411764705882355].entries())
    expect(x[index]).toBeCloseTo(value, 12);
  expect(logDeterminant(factor)).toBeCloseTo(3.708682081410116, 12);
});

test('a matrix that is not positive definite has no factor', () => {
  expect(cholesky(Float64Array.from([1, 2, 2, 1]), 2)).toBeNull();
});

const POINTS = [
  [0.1, 0.2],
  [0.4, 0.9],
  [0.7, 0.3],
  [0.95, 0.8],
  [0.5, 0.5],
];
const VALUES = [0.3, -0.7, 1.1, 0.2, 0.6];
const OPTIONS = { lengths: [0.4, 0.8], unordered: [false, false], variance: 1.3, noise: 0.05 };

test('means, deviations and the likelihood are those of scikit-learn', () => {
  const process = createGaussianProcess(POINTS, VALUES, OPTIONS);
  for (const [point, mean, deviation] of [
    [[0.2, 0.4], 0.15280618, 0.38522963],
    [[0.7, 0.3], 1.05774488, 0.20939912],
    [[1, 0], 0.64607182, 0.83902607],
  ] as const) {
    expect(process.at(point).mean).toBeCloseTo(mean, 7);
    expect(process.at(point).deviation).toBeCloseTo(deviation, 7);
  }
  expect(process.logLikelihood).toBeCloseTo(-5.571647242058049, 8);
});

test('the means at the points themselves are those anywhere', () => {
  const process = createGaussianProcess(POINTS, VALUES, OPTIONS);
  for (const [index, point] of POINTS.entries())
    expect(process.means[index]).toBeCloseTo(process.at(point).mean, 12);
});

test('names are the same or apart, however far their places are', () => {
  const process = createGaussianProcess([[0], [0.5]], [1, -1], {
    ...{ lengths: [0.5], unordered: [true], variance: 1, noise: 0.01 },
  });
  expect(process.at([1]).mean).toBeCloseTo(process.at([0.25]).mean, 12);
});

test('a fit finds which of six coordinates matters', () => {
  const random = createRandom(3);
  const points = Array.from({ length: 30 }, () => Array.from({ length: 6 }, random));
  const values = points.map((point) => 2 * Math.sin(5 * (point[2] as number)));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const { lengths } = fitOptions(
    points,
    values.map((value) => value - mean),
    usualOptions(points[0]?.map(() => false) ?? []),
    6,
  );
  const others = lengths.toSpliced(2, 1);
  expect(Math.min(...others)).toBeGreaterThan(2 * (lengths[2] as number));
});

test('expected improvement and the normal distribution are those of scipy', () => {
  expect(expectedImprovement(0.4, 0.3, 0.5)).toBeCloseTo(0.07627083428972159, 6);
  expect(expectedImprovement(0.4, 0, 0.3)).toBeCloseTo(0.1, 12);
  expect(normalBelow(1.3)).toBeCloseTo(0.9031995154143897, 6);
  expect(normalBelow(-2)).toBeCloseTo(0.022750131948179195, 6);
});

// Regression by a Gaussian process: from a few noisy values to a mean and a standard deviation anywhere in the unit cube.
// Source: C. E. Rasmussen, C. K. I. Williams, Gaussian Processes for Machine Learning, 2006, 2.2, 4.2.1 and algorithm 2.1.
import { type Cholesky, cholesky, logDeterminant, solveLower, solveUpper } from './cholesky.ts';

export interface GaussianProcessOptions {
  /** For each coordinate: how far apart points are before they have little to do with each other. */
  readonly lengths: readonly number[];
  /** Coordinates with names instead of an order: two values are the same, or one length apart. */
  readonly unordered: readonly boolean[];
  /** Variance of the function, and of what is added to each value by measuring it. */
  readonly variance: number;
  readonly noise: number;
}

export interface Posterior {
  readonly mean: number;
  /** Of the function, without the noise of measuring it once more. */
  readonly deviation: number;
}

export interface GaussianProcess {
  at(point: readonly number[]): Posterior;
  /** The means at the points themselves. */
  readonly means: Float64Array;
  /** Logarithm of how likely the values are under these options. */
  readonly logLikelihood: number;
}

const SQRT_5 = Math.sqrt(5);
const LOG_TWO_PI = Math.log(2 * Math.PI);
/** Of the variance: keeps the matrix positive definite where points are the same. */
const JITTER = 1e-9;

/** The mean of the function, before any value is known, is 0. Throws a RangeError where nothing can be worked out. */
export function createGaussianProcess(
  points: readonly (readonly number[])[],
  values: readonly number[],
  options: GaussianProcessOptions,
): GaussianProcess {
  const size = points.length;
  const scale = scaling(options);
  const scaled = points.map(scale);
  const covariances = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column <= row; column += 1)
      covariances[row * size + column] = covariance(
        squaredDistance(scaled[row] as Float64Array, scaled[column] as Float64Array, options),
        options.variance,
      );
  const factor = factorOf(covariances, size, options);
  if (factor === null) throw new RangeError('the covariances of these points are not positive definite');
  const y = Float64Array.from(values);
  const weights = solveUpper(factor, solveLower(factor, y));
  return {
    logLikelihood: logLikelihoodOf(factor, y, weights),
    at(point) {
      const here = scale(point);
      const towards = new Float64Array(size);
      for (let index = 0; index < size; index += 1)
        towards[index] = covariance(
          squaredDistance(scaled[index] as Float64Array, here, options),
          options.variance,
        );
      const shared = solveLower(factor, towards);
      return {
        mean: dot(towards, weights),
        deviation: Math.sqrt(Math.max(0, options.variance - dot(shared, shared))),
      };
    },
    means: meansOf(covariances, weights, options),
  };
}

/** Adds the noise to the diagonal of the covariances, in place. */
export function factorOf(
  covariances: Float64Array,
  size: number,
  { variance, noise }: Pick<GaussianProcessOptions, 'variance' | 'noise'>,
): Cholesky | null {
  for (let row = 0; row < size; row += 1) covariances[row * size + row] = variance * (1 + JITTER) + noise;
  return cholesky(covariances, size);
}

export function logLikelihoodOf(factor: Cholesky, values: Float64Array, weights: Float64Array): number {
  return -0.5 * (dot(values, weights) + logDeterminant(factor) + values.length * LOG_TWO_PI);
}

/** Matérn's covariance with ν = 5/2. B. Matérn, Spatial Variation, 1960; Rasmussen and Williams, (4.17). */
export function covariance(squared: number, variance: number): number {
  const r = SQRT_5 * Math.sqrt(squared);
  return variance * (1 + r + r * r * (1 / 3)) * Math.exp(-r);
}

/** `covariances`: the lower triangle; on its diagonal stands the noise, too. */
function meansOf(
  covariances: Float64Array,
  weights: Float64Array,
  { variance }: GaussianProcessOptions,
): Float64Array {
  const size = weights.length;
  return weights.map((own, row) => {
    let mean = 0;
    for (let index = 0; index < row; index += 1)
      mean += (covariances[row * size + index] as number) * (weights[index] as number);
    mean += variance * own;
    for (let index = row + 1; index < size; index += 1)
      mean += (covariances[index * size + row] as number) * (weights[index] as number);
    return mean;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

/** Coordinates in units of their lengths. */
function scaling({ lengths }: GaussianProcessOptions): (point: readonly number[]) => Float64Array {
  return (point) => {
    const scaled = new Float64Array(point.length);
    for (let k = 0; k < point.length; k += 1) scaled[k] = (point[k] as number) / (lengths[k] as number);
    return scaled;
  };
}

function squaredDistance(
  a: Float64Array,
  b: Float64Array,
  { lengths, unordered }: GaussianProcessOptions,
): number {
  let sum = 0;
  for (let k = 0; k < a.length; k += 1) {
    const apart = (a[k] as number) - (b[k] as number);
    if (unordered[k] !== true) sum += apart * apart;
    else if (apart !== 0) sum += (lengths[k] as number) ** -2;
  }
  return sum;
}

/** Along one coordinate, in units of its range. */
export function squaredApart(a: number, b: number, unordered: boolean): number {
  if (unordered) return a === b ? 0 : 1;
  return (a - b) * (a - b);
}

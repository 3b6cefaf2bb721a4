// Finds the lengths, the variance and the noise under which the values that were seen are likely, for few points in many coordinates.
import { solveLower, solveUpper } from './cholesky.ts';
import {
  covariance,
  factorOf,
  type GaussianProcessOptions,
  logLikelihoodOf,
  squaredApart,
} from './gaussian-process.ts';

/** Factors by which each option is tried to be changed in one round. */
const FACTORS = [0.5, 2] as const;
const LEAST_LENGTH = 0.05;
const MOST_LENGTH = 30;
const LEAST_NOISE = 1e-4;
const MOST_NOISE = 0.6;
/**
 * Beforehand, a length is log-normal around this one times the root of the number of coordinates: in many coordinates, most
 * matter little. Source: C. Hvarfner, E. O. Hellsten, L. Nardi, "Vanilla Bayesian optimization performs great in high
 * dimensions", ICML 2024.
 */
const USUAL_LENGTH = 0.5;
const LENGTH_SPREAD = 1.2;
/** The noise, as a share of the variance, is log-normal around this. */
const USUAL_NOISE = 0.03;
const NOISE_SPREAD = 1.5;

export function usualOptions(unordered: readonly boolean[]): GaussianProcessOptions {
  const usual = USUAL_LENGTH * Math.sqrt(unordered.length);
  return { lengths: unordered.map(() => usual), unordered, variance: 1, noise: USUAL_NOISE };
}

/**
 * Climbs from the options given, one of them at a time, for so many rounds. `values`: mean 0, variance about 1, so that the
 * variance stays 1. The same input always gives the same options.
 */
export function fitOptions(
  points: readonly (readonly number[])[],
  values: readonly number[],
  from: GaussianProcessOptions,
  rounds: number,
): GaussianProcessOptions {
  const size = points.length;
  const { unordered, variance } = from;
  const lengths = [...from.lengths];
  let { noise } = from;
  const y = Float64Array.from(values);
  const usual = USUAL_LENGTH * Math.sqrt(lengths.length);
  const apart = unordered.map((isUnordered, k) => pairwise(points, k, isUnordered));
  let squared = new Float64Array(size * size);
  for (const [k, one] of apart.entries()) add(squared, one, (lengths[k] as number) ** -2);

  const score = (distances: Float64Array, noiseNow: number, lengthsNow: readonly number[]): number => {
    const covariances = new Float64Array(size * size);
    for (let row = 0; row < size; row += 1)
      for (let index = row * size; index < row * size + row; index += 1)
        covariances[index] = covariance(distances[index] as number, variance);
    const factor = factorOf(covariances, size, { variance, noise: noiseNow });
    if (factor === null) return Number.NEGATIVE_INFINITY;
    const likely = logLikelihoodOf(factor, y, solveUpper(factor, solveLower(factor, y)));
    const lengthPrior = lengthsNow.reduce((sum, one) => sum + logNormal(one, usual, LENGTH_SPREAD), 0);
    return likely + lengthPrior + logNormal(noiseNow, USUAL_NOISE, NOISE_SPREAD);
  };

  let best = score(squared, noise, lengths);
  for (let round = 0; round < rounds; round += 1) {
    const before = best;
    for (const [k, one] of apart.entries())
      for (const factor of FACTORS) {
        const length = (lengths[k] as number) * factor;
        if (length < LEAST_LENGTH || length > MOST_LENGTH) continue;
        const tried = squared.slice();
        add(tried, one, length ** -2 - (lengths[k] as number) ** -2);
        const value = score(tried, noise, lengths.with(k, length));
        if (value <= best) continue;
        [best, squared, lengths[k]] = [value, tried, length];
        break;
      }
    for (const factor of FACTORS) {
      const tried = noise * factor;
      if (tried < LEAST_NOISE || tried > MOST_NOISE) continue;
      const value = score(squared, tried, lengths);
      if (value <= best) continue;
      [best, noise] = [value, tried];
      break;
    }
    if (best <= before) break;
  }
  return { lengths, unordered, variance, noise };
}

/** The lower triangle of the squared distances along one coordinate. */
function pairwise(points: readonly (readonly number[])[], k: number, unordered: boolean): Float64Array {
  const size = points.length;
  const apart = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < row; column += 1)
      apart[row * size + column] = squaredApart(
        points[row]?.[k] as number,
        points[column]?.[k] as number,
        unordered,
      );
  return apart;
}

function add(to: Float64Array, what: Float64Array, times: number): void {
  // Differences of nearly equal sums may fall a little below zero.
  for (let index = 0; index < to.length; index += 1)
    to[index] = Math.max(0, (to[index] as number) + (what[index] as number) * times);
}

function logNormal(value: number, around: number, spread: number): number {
  return -0.5 * (Math.log(value / around) / spread) ** 2;
}

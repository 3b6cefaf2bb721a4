// The normal distribution, and what is expected of a normal value above a threshold.
import { errorFunction } from 'simple-statistics';

export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** Probability of a value below z. M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 26.2. */
export function normalBelow(z: number): number {
  return (1 + errorFunction(z / Math.SQRT2)) / 2;
}

/**
 * By how much a normal value is expected to exceed `above`, counting nothing where it does not.
 * J. Močkus, 1974; D. R. Jones, M. Schonlau, W. J. Welch, J. Global Optimization 13, 1998, (15).
 */
export function expectedImprovement(mean: number, deviation: number, above: number): number {
  if (deviation <= 0) return Math.max(0, mean - above);
  const z = (mean - above) / deviation;
  return Math.max(0, (mean - above) * normalBelow(z) + deviation * normalDensity(z));
}

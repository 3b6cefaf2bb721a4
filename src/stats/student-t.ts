// Student's t distribution: how far a mean of few measurements may lie from the truth.
// Tails are computed directly, never as 1 - p, so that they keep their digits.
import { gammaln } from 'simple-statistics';

const CONVERGED = 1e-15;
const MAX_TERMS = 10_000;
/** Keeps a denominator of the continued fraction away from zero (Lentz's method). */
const TINY = 1e-300;

/** P(T <= t). Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.1 and 26.5.27. */
export function studentTCdf(t: number, df: number): number {
  return t > 0 ? 1 - upperTail(t, df) : upperTail(-t, df);
}

/** The t with P(T <= t) = p: the cdf inverted by bisection, to full double precision. `df` may be fractional. */
export function studentTQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`A quantile needs 0 < p < 1, got ${p}`);
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  let low = 0;
  let high = 1;
  while (upperTail(high, df) > tail) {
    low = high;
    high *= 2;
  }
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (upperTail(middle, df) > tail) low = middle;
    else high = middle;
  }
  return p < 0.5 ? -high : high;
}

/** P(T > t) for t >= 0. */
function upperTail(t: number, df: number): number {
  if (!(df > 0 && Number.isFinite(df)))
    throw new RangeError(`Degrees of freedom must be positive, got ${df}`);
  const squared = t * t;
  if (squared === Number.POSITIVE_INFINITY) return 0;
  return 0.5 * incompleteBeta(df / 2, 0.5, df / (df + squared), squared / (df + squared));
}

/**
 * Regularised incomplete beta function I_x(a, b); `y` = 1 - x is passed in because the subtraction would cost digits.
 * Source: NIST Digital Library of Mathematical Functions, 8.17.22 (continued fraction) and 8.17.4 (symmetry).
 */
function incompleteBeta(a: number, b: number, x: number, y: number): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  // The fraction converges fast only on this side of the mean.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, y, x);
  const logFactor = gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log(y);
  return (Math.exp(logFactor) / a) * betaFraction(a, b, x);
}

function betaFraction(a: number, b: number, x: number): number {
  const away = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MAX_TERMS; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const term of [even, odd]) {
      d = 1 / away(1 + term * d);
      c = away(1 + term / c);
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < CONVERGED) break;
  }
  return fraction;
}

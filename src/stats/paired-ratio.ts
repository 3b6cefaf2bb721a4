// How many times as much the candidate carries as the current configuration, from pairs measured side by side.
import { mean, quantileSorted, sampleStandardDeviation } from 'simple-statistics';
import type { Interval } from './interval.ts';
import { normalBelow } from './normal.ts';
import type { Random } from './random.ts';
import { studentTQuantile } from './student-t.ts';

export type Pair = readonly [current: number, candidate: number];

export interface PairedRatioOptions {
  /** How far a measurement may lie from the truth whatever is repeated, as a share: half the width of its bracket. */
  readonly resolution?: number;
}

/**
 * Geometric mean of candidate / current, with a t interval of the log ratios (ratios of rates scatter by factors; the
 * log makes A/B and B/A mirror images). One pair says nothing about scatter: its interval is [0, Infinity].
 *
 * `resolution` r: a limit search that brackets to a width knows each value only to a factor of 1 + r, and may err the
 * same way every time (same start, same grid), so that pairs that agree to the digit are no proof of precision and
 * averaging does not help. The interval is therefore widened by the worst case of both measurements, a factor of
 * (1 + r)^2 at each end, rather than in quadrature, which would be narrower but is only right for errors that are
 * independent and average out. From three pairs on this covers at least at its confidence (simulated, see the test);
 * two pairs may agree by chance although the noise is as large as the bracket, and then 95 % is 93 %.
 * Without `resolution`, pairs that agree exactly give an interval without width.
 *
 * Sources: t interval: G. E. P. Box, J. S. Hunter, W. G. Hunter, Statistics for Experimenters, 2nd ed. 2005, ch. 3
 * (paired comparison). Covering everything that a bound leaves open: G. W. Imbens, C. F. Manski, "Confidence intervals
 * for partially identified parameters", Econometrica 72(6), 2004.
 */
export function pairedRatio(
  pairs: readonly Pair[],
  confidence: number,
  options: PairedRatioOptions = {},
): Interval {
  const logs = logRatios(pairs);
  checkConfidence(confidence);
  const estimate = Math.exp(mean(logs));
  if (logs.length === 1) return { estimate, low: 0, high: Number.POSITIVE_INFINITY };
  const t = studentTQuantile((1 + confidence) / 2, logs.length - 1);
  const scatter = (t * sampleStandardDeviation(logs)) / Math.sqrt(logs.length);
  const half = scatter + 2 * Math.log1p(options.resolution ?? 0);
  return { estimate, low: estimate * Math.exp(-half), high: estimate * Math.exp(half) };
}

const RESAMPLES = 9_999;

/**
 * The same ratio with an interval that does not assume that log ratios are normal: the percentile bootstrap of their
 * mean, its percentiles moved outwards as far as t lies outside the normal, because with few pairs the plain one is too
 * short. It cannot see past the most extreme pairs: below about 8 pairs trust `pairedRatio`.
 * Source: T. C. Hesterberg, "What teachers should know about the bootstrap", The American Statistician 69(4), 2015
 * (expanded percentile interval); B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, 1993.
 */
export function bootstrapRatio(pairs: readonly Pair[], confidence: number, random: Random): Interval {
  const logs = logRatios(pairs);
  checkConfidence(confidence);
  const n = logs.length;
  const estimate = Math.exp(mean(logs));
  if (n === 1) return { estimate, low: 0, high: Number.POSITIVE_INFINITY };
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < n; i += 1) sum += logs[Math.floor(random() * n)] as number;
    return sum / n;
  }).sort();
  const tail = normalBelow(-Math.sqrt(n / (n - 1)) * studentTQuantile((1 + confidence) / 2, n - 1));
  const at = (share: number) => Math.exp(quantileSorted(means as unknown as readonly number[], share));
  return { estimate, low: at(tail), high: at(1 - tail) };
}

/** ln(candidate / current) of each pair: the form that the interval and the rest of this file work on. */
export function logRatios(pairs: readonly Pair[]): number[] {
  if (pairs.length === 0) throw new RangeError('A ratio needs at least one pair');
  return pairs.map(([current, candidate]) => {
    const ratio = Math.log(candidate / current);
    if (!(current > 0 && candidate > 0) || !Number.isFinite(ratio))
      throw new RangeError(`A ratio needs two positive measurements, got ${current} and ${candidate}`);
    return ratio;
  });
}

function checkConfidence(confidence: number): void {
  if (!(confidence > 0 && confidence < 1))
    throw new RangeError(`Confidence is a share between 0 and 1, got ${confidence}`);
}

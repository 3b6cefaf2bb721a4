// How many times as good the candidate is as the current configuration, from pairs of values measured side by side.
import { geometricMean } from './geometric-mean.ts';
import type { Interval } from './interval.ts';

export type Pair = readonly [current: number, candidate: number];

/**
 * Geometric mean of candidate / current, with a t interval of the log ratios (ratios of rates scatter by factors; the log makes A/B
 * and B/A mirror images). One pair says nothing about scatter: its interval is [0, Infinity].
 * Source: G. E. P. Box, J. S. Hunter, W. G. Hunter, Statistics for Experimenters, 2nd ed. 2005, ch. 3 (paired comparison).
 */
export function pairedRatio(pairs: readonly Pair[], confidence: number): Interval {
  if (pairs.length === 0) throw new RangeError('A ratio needs at least one pair');
  return geometricMean(
    pairs.map(([current, candidate]) => {
      const ratio = candidate / current;
      if (!(current > 0 && candidate > 0) || !Number.isFinite(ratio))
        throw new RangeError(`A ratio needs two positive measurements, got ${current} and ${candidate}`);
      return ratio;
    }),
    confidence,
  );
}

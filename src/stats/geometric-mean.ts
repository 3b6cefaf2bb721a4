// The mean of what scatters by factors, as rates, delays and ratios do.
import { logAverage, mean, sampleStandardDeviation } from 'simple-statistics';
import type { Interval } from './interval.ts';
import { studentTQuantile } from './student-t.ts';

/**
 * Geometric mean of positive values in any unit, with a t interval of their logarithms. One value says nothing about scatter: its
 * interval is [0, Infinity].
 * Source: G. E. P. Box, J. S. Hunter, W. G. Hunter, Statistics for Experimenters, 2nd ed. 2005, ch. 3.
 */
export function geometricMean(values: readonly number[], confidence: number): Interval {
  if (values.length === 0) throw new RangeError('A mean needs at least one value');
  if (!(confidence > 0 && confidence < 1))
    throw new RangeError(`Confidence is a share between 0 and 1, got ${confidence}`);
  const estimate = logAverage([...values]);
  const [n, logs] = [values.length, values.map(Math.log)];
  if (n === 1) return { estimate, low: 0, high: Number.POSITIVE_INFINITY };
  const half = (studentTQuantile((1 + confidence) / 2, n - 1) * sampleStandardDeviation(logs)) / Math.sqrt(n);
  const centre = mean(logs);
  return { estimate, low: Math.exp(centre - half), high: Math.exp(centre + half) };
}

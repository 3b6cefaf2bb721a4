// Percentiles of many delays. Nearest rank: the answer is a delay that some call really had.
import { quickselect } from 'simple-statistics';

/**
 * The smallest value that at least a share `q` (0 to 1) of the values does not exceed, so that "p99 <= 200 ms" means
 * that 99 % of the calls took at most 200 ms; q = 0 is the minimum. `values` may be in any order and keeps it.
 * Source: nearest rank is definition 1 of R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages",
 * The American Statistician 50(4), 1996. Selection: R. W. Floyd, R. L. Rivest, CACM 18(3), 1975, in simple-statistics.
 */
export function percentile(values: Float64Array, q: number): number {
  const index = rankOf(values, q);
  if (isSorted(values)) return values[index] as number;
  const copy = values.slice();
  // It only reads, swaps and compares: what holds for arrays of numbers holds for this one.
  quickselect(copy as unknown as number[], index);
  return copy[index] as number;
}

/** Several of the same values, which are then put in order only once. */
export function percentiles(values: Float64Array, shares: readonly number[]): number[] {
  const sorted = isSorted(values) ? values : values.slice().sort();
  return shares.map((q) => sorted[rankOf(values, q)] as number);
}

/** Its place in the order of the values, from 0. */
function rankOf(values: Float64Array, q: number): number {
  if (values.length === 0) throw new RangeError('A percentile needs at least one value');
  if (!(q >= 0 && q <= 1)) throw new RangeError(`A percentile is a share between 0 and 1, got ${q}`);
  return Math.max(0, Math.ceil(withoutRoundingNoise(q * values.length)) - 1);
}

/** 0.07 * 100 is 7.000000000000001 in doubles: its rank is 7, not 8. */
function withoutRoundingNoise(rank: number): number {
  const whole = Math.round(rank);
  return Math.abs(rank - whole) < 1e-9 * Math.max(1, whole) ? whole : rank;
}

function isSorted(values: Float64Array): boolean {
  let sorted = true;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    // A selection among values that do not compare would answer at random.
    if (Number.isNaN(value)) throw new RangeError(`Value ${i} of ${values.length} is not a number`);
    if (i > 0 && (values[i - 1] as number) > value) sorted = false;
  }
  return sorted;
}

// Whether one side fails more often than the other, by counts.
import { gammaln } from 'simple-statistics';

export interface Counts {
  readonly calls: number;
  readonly failed: number;
}

/**
 * How often luck alone would give `other` at least so many of the failures that there are: one-sided p-value of "it fails more often".
 * Source: R. A. Fisher, The Design of Experiments, 1935, chapter 2 (the exact test of a table of four counts).
 */
export function failsMoreOften(current: Counts, other: Counts): number {
  const failed = current.failed + other.failed;
  const calls = current.calls + other.calls;
  const most = Math.min(failed, other.calls);
  let p = 0;
  for (let own = other.failed; own <= most; own += 1) {
    if (failed - own > current.calls) continue;
    p += Math.exp(
      logChoose(other.calls, own) + logChoose(current.calls, failed - own) - logChoose(calls, failed),
    );
  }
  return Math.min(1, p);
}

/** Logarithm of the number of ways to take k of n. */
function logChoose(n: number, k: number): number {
  return gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1);
}

// Student's t against published tables.
import { expect, test } from 'vitest';
import { studentTCdf, studentTQuantile } from '../../src/stats/student-t.ts';

/** NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2: df, then 0.90, 0.95, 0.975, 0.99, 0.995. */
const NIST_TABLE = [
  [1, 3.078, 6.314, 12.706, 31.821, 63.657],
  [2, 1.886, 2.92, 4.303, 6.965, 9.925],
  [3, 1.638, 2.353, 3.182, 4.541, 5.841],
  [4, 1.533, 2.132, 2.776, 3.747, 4.604],
  [5, 1.476, 2.015, 2.571, 3.365, 4.032],
  [7, 1.415, 1.895, 2.365, 2.998, 3.499],
  [10, 1.372, 1.812, 2.228, 2.764, 3.169],
  [30, 1.31, 1.697, 2.042, 2.457, 2.75],
  [100, 1.29, 1.66, 1.984, 2.364, 2.626],
] as const;
const LEVELS = [0.9, 0.95, 0.975, 0.99, 0.995] as const;

test('quantiles agree with the NIST table', () => {
  for (const [df, ...row] of NIST_TABLE)
    for (const [column, t] of row.entries()) {
      const p = LEVELS[column] ?? Number.NaN;
      expect(studentTQuantile(p, df)).toBeCloseTo(t, 3);
      expect(studentTQuantile(1 - p, df)).toBeCloseTo(-t, 3);
      expect(studentTCdf(t, df)).toBeCloseTo(p, 3);
    }
});

test('one and two degrees of freedom agree with their closed forms, far into the tails', () => {
  for (const t of [-1e6, -30, -1, -1e-6, 0, 0.3, 1, 50]) {
    const cauchy = t < -1 ? Math.atan(-1 / t) / Math.PI : 0.5 + Math.atan(t) / Math.PI;
    expect(studentTCdf(t, 1) / cauchy).toBeCloseTo(1, 11);
    const two = 0.5 + t / (2 * Math.sqrt(2 + t * t));
    expect(studentTCdf(t, 2)).toBeCloseTo(two, 12);
  }
  expect(studentTQuantile(1e-9, 1) / (-1 / Math.tan(Math.PI * 1e-9))).toBeCloseTo(1, 9);
});

test('with many degrees of freedom it is the normal distribution', () => {
  expect(studentTQuantile(0.975, 1e6)).toBeCloseTo(1.959964, 4);
  expect(studentTCdf(-3, 1e6)).toBeCloseTo(0.001349898, 7);
});

test('the quantile undoes the cdf, also for fractional degrees of freedom', () => {
  for (const df of [0.7, 1.5, 3.3, 12, 250])
    for (const p of [1e-6, 0.01, 0.3, 0.5, 0.77, 0.999]) {
      expect(studentTCdf(studentTQuantile(p, df), df)).toBeCloseTo(p, 12);
    }
});

test('what is no probability, or no degrees of freedom, is refused', () => {
  expect(() => studentTQuantile(1, 3)).toThrow(/0 < p < 1, got 1/);
  expect(() => studentTQuantile(0.9, 0)).toThrow(/got 0/);
});

// Fisher's exact test against the tables in the book.
import { expect, test } from 'vitest';
import { failsMoreOften } from '../../src/stats/fisher-exact.ts';

test.each([
  // Fisher's lady, who tells four cups from four: all right, and one pair wrong.
  [{ calls: 4, failed: 0 }, { calls: 4, failed: 4 }, 1 / 70],
  [{ calls: 4, failed: 1 }, { calls: 4, failed: 3 }, 17 / 70],
  // Nothing failed anywhere.
  [{ calls: 40, failed: 0 }, { calls: 60, failed: 0 }, 1],
  // Only the other one was called.
  [{ calls: 0, failed: 0 }, { calls: 10, failed: 3 }, 1],
])('%j and %j', (current, other, p) => {
  expect(failsMoreOften(current, other)).toBeCloseTo(p, 9);
});

test('criminal twins: Fisher 1934, of 13 monozygotic 3 not convicted, of 17 dizygotic 15', () => {
  // Statistical Methods for Research Workers, section 21.02: 3 095 / 6 653 325.
  expect(failsMoreOften({ calls: 13, failed: 3 }, { calls: 17, failed: 15 })).toBeCloseTo(
    3_095 / 6_653_325,
    9,
  );
});

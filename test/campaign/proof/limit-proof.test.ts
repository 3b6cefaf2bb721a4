// What the blocks of a proof say: of two sides that are the same, of one that carries six times as much, and of answers that echo.
import { expect, test } from 'vitest';
import { pValueOfLimits, ratioOfLimits } from '../../../src/campaign/proof/limit-proof.ts';
import type { Block } from '../../../src/campaign/proof/proof-method.ts';
import type { Sides } from '../../../src/stats/permutation.ts';

const block = (...loads: readonly string[]): Block =>
  loads.map((load) => ({
    load: Number.parseInt(load, 10),
    carried: load.endsWith('+'),
    cost: null,
    busyShare: null,
  }));

/** From a campaign in the lab. */
const LAB: readonly Sides<Block>[] = [
  [block('149+', '201-', '173-'), block('873+', '1178-', '1011-')],
  [block('155+', '170+', '172+'), block('902+', '993+', '1003+')],
  [block('167+', '184-', '175-'), block('976-', '1071+', '1036-')],
  [block('167-', '180-', '170+'), block('923+', '1122+', '1061+')],
  [block('163+', '180-', '171+'), block('931-', '1294-', '1052-')],
  [block('166+', '179-', '173+'), block('868+', '1223-', '1034+')],
];

test('six times as much is six times as much, and as unlikely by luck as six pairs can show', () => {
  const { estimate, low, high } = ratioOfLimits(LAB, 'burstCalls', 0.95);
  expect(estimate).toBeGreaterThan(5.5);
  expect(estimate).toBeLessThan(6.5);
  expect(low).toBeGreaterThan(5);
  expect(high).toBeLessThan(7.5);
  expect(pValueOfLimits(LAB, 'burstCalls')).toBe(1 / 64);
});

test('with the sides exchanged the ratio is turned over, and nothing speaks for the finalist', () => {
  const pairs = LAB.map(([a, b]): Sides<Block> => [b, a]);
  const there = ratioOfLimits(LAB, 'burstCalls', 0.95);
  const back = ratioOfLimits(pairs, 'burstCalls', 0.95);
  expect(there.estimate * back.estimate).toBeCloseTo(1, 1);
  expect(pValueOfLimits(pairs, 'burstCalls')).toBe(1);
});

test('a side that was only asked for more, and carried it, has not shown that it carries more', () => {
  // Each side was asked where it had been measured before, and carried that; neither was ever asked for much too much.
  const pairs = Array.from(
    { length: 6 },
    (): Sides<Block> => [block('1168+', '2071-'), block('1358+', '2391-')],
  );
  expect(ratioOfLimits(pairs, 'capacityCps', 0.95).low).toBeLessThan(1);
});

test('the same on both sides is no difference', () => {
  const same = block('160+', '200-', '175-');
  const pairs = Array.from({ length: 6 }, (): Sides<Block> => [same, same]);
  const { estimate, low, high } = ratioOfLimits(pairs, 'burstCalls', 0.95);
  expect(estimate).toBeCloseTo(1, 2);
  expect(low).toBeLessThan(1);
  expect(high).toBeGreaterThan(1);
  expect(pValueOfLimits(pairs, 'burstCalls')).toBe(1);
});

test('one pair that says something else widens the interval', () => {
  const other: Sides<Block> = [block('300+', '310+', '320+'), block('870-', '700-', '600-')];
  const widthOf = (pairs: readonly Sides<Block>[]) => {
    const { low, high } = ratioOfLimits(pairs, 'burstCalls', 0.95);
    return Math.log(high / low);
  };
  expect(widthOf([...LAB.slice(1), other])).toBeGreaterThan(1.2 * widthOf(LAB));
});

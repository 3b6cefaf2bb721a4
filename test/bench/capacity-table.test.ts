// What the meters cost in capacity, as the bench prints it.
import { expect, test } from 'vitest';
import { renderCapacities } from '../../scripts/bench/meter-cost/table.ts';

test('pairs come to a ratio with its interval, and to a spread; a search that was cut short is left out', () => {
  const text = renderCapacities([
    { metered: 990, bare: 1_000 },
    { metered: 1_980, bare: 2_000 },
    { metered: 0, bare: 1_500 },
  ]);
  expect(text).toContain('| 2 | 1980 | 2000 | 0.990 |');
  expect(text).not.toContain('1500');
  expect(text).toContain('with meters against without: 0.990 (95 % interval 0.990 to 0.990)');
  // log 2 / √2
  expect(text).toMatch(/Spread .*: with 49\.0 %, without 49\.0 %, their ratio 0\.0 %/);
});

test('one pair says nothing', () => {
  expect(renderCapacities([{ metered: 1, bare: 1 }])).toMatch(/fewer than two pairs/);
});

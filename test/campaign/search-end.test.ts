// When a search ends, and what it says.
import { expect, test } from 'vitest';
import { createSearchEnd } from '../../src/campaign/search-end.ts';

function after(seen: readonly Parameters<ReturnType<typeof createSearchEnd>['note']>[0][], knobs = 4) {
  const end = createSearchEnd(knobs);
  for (const one of seen) end.note(one);
  return end.reason();
}

test('candidates that the machine spoils do not go on for ever', () => {
  expect(after(['unclear', 'unclear'])).toBeNull();
  expect(after(['unclear', 'overloaded', 'unclear', 'unclear'])).toBeNull();
  expect(after(['overloaded', 'unclear', 'unclear', 'unclear'])).toMatch(/machine spoilt every trial of 3/);
});

test('more than the generators can offer is not looked for any more', () => {
  expect(after(['unreachable', 'unreachable', 'unreachable'])).toMatch(/generators cannot offer/);
});

test('a search that finds nothing more ends, later with many knobs, and something better begins anew', () => {
  const worse = Array.from({ length: 26 }, () => 'overloaded' as const);
  expect(after(worse)).toMatch(/none of the last 26 candidates was better/);
  expect(after(worse, 40)).toBeNull();
  expect(after([...worse.slice(1), 'better', 'overloaded'])).toBeNull();
});

// The noise of a simulated machine is as large as it says, and the same for the same seed.
import { expect, test } from 'vitest';
import { createDisturbances, UNDISTURBED } from '../../src/sim/disturbance.ts';

const TRIALS = 4_000;
const trials = (scatter: number, seed = 1) => {
  const disturbed = createDisturbances(seed, scatter);
  return Array.from({ length: TRIALS }, (_, n) => disturbed({ n, atMs: n * 8_000, lengthMs: 5_000 }));
};

test('without noise the machine has its usual speed', () => {
  expect(new Set(trials(0))).toEqual(new Set([UNDISTURBED]));
});

test.each([0.05, 0.1, 0.2])(
  'speeds scatter by about %d, and a few trials meet a noisy neighbour',
  (scatter) => {
    const seen = trials(scatter);
    const logs = seen.map(({ speed }) => Math.log(speed)).sort((a, b) => a - b);
    const at = (share: number) => logs[Math.floor(share * TRIALS)] as number;
    // Half of the distance between the 16th and the 84th of a hundred: outliers do not move it.
    const spread = (at(0.84) - at(0.16)) / 2;
    expect(spread).toBeGreaterThan(scatter);
    expect(spread).toBeLessThan(1.4 * scatter);
    const stolen = seen.filter(({ stealPct, hiddenStealPct }) => stealPct + hiddenStealPct > 0).length;
    expect(stolen / TRIALS).toBeGreaterThan(0.1 * scatter);
    expect(stolen / TRIALS).toBeLessThan(0.4 * scatter);
  },
);

test('a trial meets the same machine whatever was tried before', () => {
  const [one, other] = [createDisturbances(3, 0.1), createDisturbances(3, 0.1)];
  one({ n: 1, atMs: 0, lengthMs: 5_000 });
  const seventh = { n: 7, atMs: 60_000, lengthMs: 5_000 };
  expect(one(seventh)).toEqual(other(seventh));
});

// Which knobs mattered, from as few noisy candidates as a campaign tries.
import { expect, test } from 'vitest';
import type { Configuration } from '../../src/knobs/knob.ts';
import { configurationAt } from '../../src/search/space.ts';
import { importanceOf } from '../../src/stats/importance.ts';
import { createRandom } from '../../src/stats/random.ts';
import { knobsInPlay, type Model, scorer } from '../support/model-router.ts';

const knobs = knobsInPlay([
  'net.core.rmem_default',
  'router.workers',
  'router.shm',
  'router.pkg',
  'txqueuelen',
]);
const byBuffer: Model = (value) => value('net.core.rmem_default') / 2_600;

function observe(model: Model, count: number, seed: number, noise = 0.08) {
  const random = createRandom(seed);
  const score = scorer(model, noise, seed);
  return Array.from({ length: count }, () => {
    const configuration: Configuration = configurationAt(
      knobs,
      knobs.map(() => random()),
    );
    return { configuration, score: score(configuration) };
  });
}

const sumOf = (shares: readonly { readonly share: number }[]) =>
  shares.reduce((sum, { share }) => sum + share, 0);

test('the knob that decides comes first, from twelve candidates on', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const shares = importanceOf(observe(byBuffer, 12, seed), knobs);
    expect(shares[0]?.knob).toBe('net.core.rmem_default');
    expect(sumOf(shares)).toBeLessThanOrEqual(1);
  }
});

test('with forty candidates it gets most of what is explained', () => {
  const shares = importanceOf(observe(byBuffer, 40, 1), knobs);
  expect(shares[0]?.share).toBeGreaterThan(0.7);
  expect(sumOf(shares.slice(1))).toBeLessThan(0.1);
});

test('two knobs that both matter are the first two', () => {
  const both: Model = (value) => value('net.core.rmem_default') / value('router.workers') ** 2;
  const shares = importanceOf(observe(both, 40, 2), knobs);
  expect(new Set(shares.slice(0, 2).map(({ knob }) => knob))).toEqual(
    new Set(['net.core.rmem_default', 'router.workers']),
  );
});

test('noise alone is not explained', () => {
  const totals = Array.from({ length: 20 }, (_, i) =>
    sumOf(
      importanceOf(
        observe(() => 500, 20, i + 1),
        knobs,
      ),
    ),
  );
  expect(totals.filter((total) => total === 0).length).toBeGreaterThanOrEqual(14);
  for (const total of totals) expect(total).toBeLessThan(0.4);
});

test('fewer than six scores say nothing, and failed candidates are not scores', () => {
  const six = observe(byBuffer, 6, 3);
  expect(importanceOf(six.slice(1), knobs)).toEqual([]);
  expect(importanceOf(six, knobs)).toHaveLength(knobs.length);
  const failed = six.map((observation, i) =>
    i === 0 ? { ...observation, score: Number.NEGATIVE_INFINITY } : observation,
  );
  expect(importanceOf(failed, knobs)).toEqual([]);
});

test('equal scores, no knobs and scores of nothing carried give numbers, not errors', () => {
  const same = observe(() => 500, 10, 4, 0);
  expect(sumOf(importanceOf(same, knobs))).toBe(0);
  expect(importanceOf(same, [])).toEqual([]);
  const zeros = observe(() => 0, 10, 5);
  expect(sumOf(importanceOf(zeros, knobs))).toBe(0);
});

test('the same observations always give the same shares', () => {
  const observations = observe(byBuffer, 15, 6);
  expect(importanceOf(observations, knobs)).toEqual(importanceOf(observations, knobs));
});

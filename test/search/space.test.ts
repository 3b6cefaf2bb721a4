// Knobs and the unit cube.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import type { KnobInPlay } from '../../src/knobs/knob.ts';
import { everyConfiguration } from '../../src/search/small-space.ts';
import {
  configurationAt,
  configurationKey,
  fromUnit,
  isInside,
  neighbour,
  toUnit,
} from '../../src/search/space.ts';
import { knobsInPlay } from '../support/model-router.ts';

const [rmem, workers, backlog, shmmax] = knobsInPlay([
  'net.core.rmem_default',
  'router.workers',
  'net.core.netdev_max_backlog',
  'kernel.shmmax',
]) as [KnobInPlay, KnobInPlay, KnobInPlay, KnobInPlay];

const anyKnob = fc
  .record({
    knob: fc.constantFrom(...CATALOGUE),
    scale: fc.constantFrom('log' as const, 'linear' as const),
    ends: fc.tuple(fc.integer({ min: 1, max: 2 ** 36 }), fc.integer({ min: 1, max: 2 ** 36 })),
  })
  .map(
    ({ knob, scale, ends: [a, b] }): KnobInPlay => ({
      knob: { ...knob, search: { ...knob.search, scale } },
      min: Math.min(a, b),
      max: Math.max(a, b),
    }),
  );

test('every coordinate gives an integer inside the range', () => {
  fc.assert(
    fc.property(anyKnob, fc.double({ min: -0.5, max: 1.5, noNaN: true }), (knob, u) => {
      const value = fromUnit(knob, u);
      expect(Number.isInteger(value)).toBe(true);
      expect(value).toBeGreaterThanOrEqual(knob.min);
      expect(value).toBeLessThanOrEqual(knob.max);
    }),
    { seed: 1 },
  );
});

test('there and back is the same value', () => {
  fc.assert(
    fc.property(anyKnob, fc.double({ min: 0, max: 1, noNaN: true }), (knob, u) => {
      const value = fromUnit(knob, u);
      expect(fromUnit(knob, toUnit(knob, value))).toBe(value);
    }),
    { seed: 1 },
  );
});

test('neighbours lead from one end of a range to the other and back', () => {
  fc.assert(
    fc.property(anyKnob, fc.double({ min: 0, max: 1, noNaN: true }), (knob, u) => {
      const value = fromUnit(knob, u);
      const [up, down] = [neighbour(knob, value, 1), neighbour(knob, value, -1)];
      if (value < knob.max) expect(up).toBeGreaterThan(value);
      else expect(up).toBe(value);
      if (value > knob.min) expect(down).toBeLessThan(value);
      else expect(down).toBe(value);
    }),
    { seed: 1 },
  );
});

test('the middle of a log range is its geometric middle, in values that people would write', () => {
  expect(fromUnit(workers, 0.5)).toBe(4);
  expect(fromUnit(rmem, 0.5) % 4096).toBe(0);
  expect(fromUnit(rmem, 0.5) / Math.sqrt(rmem.min * rmem.max)).toBeCloseTo(1, 1);
  expect(fromUnit(backlog, 0.5)).toBe(4_000);
  expect([fromUnit(rmem, 0), fromUnit(rmem, 1)]).toEqual([rmem.min, rmem.max]);
});

test('a linear knob is spaced evenly', () => {
  const linear: KnobInPlay = {
    ...workers,
    knob: { ...workers.knob, search: { min: 1, max: 9, scale: 'linear' } },
    min: 1,
    max: 9,
  };
  expect([0, 0.25, 0.5, 0.75, 1].map((u) => fromUnit(linear, u))).toEqual([1, 3, 5, 7, 9]);
});

test("today's values outside the range, and texts too long for a double, count as the nearest end", () => {
  expect(toUnit(shmmax, '18446744073692774399')).toBe(1);
  expect(toUnit(rmem, 4_096)).toBe(0);
  expect(toUnit(rmem, 'unlimited')).toBe(0.5);
});

test('a knob that the scenario pins to one value has that value', () => {
  const pinned = { ...rmem, min: 1_000_000, max: 1_000_000 };
  expect([0, 0.4, 1].map((u) => fromUnit(pinned, u))).toEqual([1_000_000, 1_000_000, 1_000_000]);
  expect(toUnit(pinned, 5)).toBe(0);
});

test('configurations are the same whatever the order of their knobs, and differ in any value', () => {
  expect(configurationKey({ b: 2, a: '1' })).toBe(configurationKey({ a: 1, b: 2 }));
  expect(configurationKey({ a: 1, b: 2 })).not.toBe(configurationKey({ a: 1, b: 3 }));
  expect(configurationKey({ 'a:1,b': 2 })).not.toBe(configurationKey({ a: 1, b: 2 }));
});

test('a small space is walked through completely, a large one is declined', () => {
  const few = { ...workers, min: 1, max: 3 };
  const pkg = { ...(knobsInPlay(['router.pkg'])[0] as KnobInPlay), min: 4, max: 5 };
  expect(everyConfiguration([few, pkg], 100)).toHaveLength(6);
  expect(everyConfiguration([rmem, workers, backlog], 1_000)).toBeNull();
});

test('names are places in the list that the target has, and nothing else is inside', () => {
  const [allocator] = knobsInPlay(['router.allocator']) as [KnobInPlay];
  const here: KnobInPlay = { ...allocator, min: 0, max: 2, choices: ['qm', 'fm', 'tlsf'] };
  const at = (u: number) => configurationAt([here], [u])['router.allocator'];
  expect([at(0), at(0.5), at(1)]).toEqual(['qm', 'fm', 'tlsf']);
  for (const name of here.choices ?? []) expect(at(toUnit(here, name))).toBe(name);
  expect(isInside([here], { 'router.allocator': 'fm' })).toBe(true);
  expect(isInside([here], { 'router.allocator': 'hp' })).toBe(false);
  expect(everyConfiguration([here], 5)?.map((one) => one['router.allocator'])).toEqual(['qm', 'fm', 'tlsf']);
});

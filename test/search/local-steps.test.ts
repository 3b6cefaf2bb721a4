// Steps around a centre: how far they go, and what they learn.
import { expect, test } from 'vitest';
import { createLocalSteps, jump, type LocalSteps } from '../../src/search/local-steps.ts';
import { createRandom } from '../../src/stats/random.ts';
import { ROUTER_KNOBS } from '../support/model-router.ts';

const centre = ROUTER_KNOBS.map(() => 0.5);
const PLANS = 400;

const create = (seed = 1) => createLocalSteps(ROUTER_KNOBS, createRandom(seed));

/** Of so many planned steps, the share that moves a knob in a direction. */
function shareOf(steps: LocalSteps, knob: number, direction: 1 | -1): number {
  let hits = 0;
  for (let n = 0; n < PLANS; n += 1)
    if (steps.plan(centre)?.moves.some((move) => move.knob === knob && move.direction === direction))
      hits += 1;
  return hits / PLANS;
}

test('a direction that paid is taken more often than an untried one, and one that did not less, but not never', () => {
  const steps = create();
  for (let n = 0; n < 4; n += 1) {
    steps.learn({ kind: 'step', point: centre, moves: [{ knob: 0, direction: 1 }] }, true);
    steps.learn({ kind: 'step', point: centre, moves: [{ knob: 1, direction: -1 }] }, false);
  }
  const untried = shareOf(steps, 2, 1);
  expect(shareOf(steps, 0, 1)).toBeGreaterThan(1.5 * untried);
  expect(shareOf(steps, 1, -1)).toBeLessThan(untried / 2);
  expect(shareOf(steps, 1, -1)).toBeGreaterThan(0);
});

test('a jump credits every knob that it moved, in the direction that it moved it', () => {
  const far = centre.map((u, k) => (k < 2 ? u + 0.3 : u));
  expect(jump(centre, far).moves).toEqual([
    { knob: 0, direction: 1 },
    { knob: 1, direction: 1 },
  ]);
  const steps = create();
  for (let n = 0; n < 6; n += 1) steps.learn(jump(centre, far), false);
  expect(shareOf(steps, 0, 1)).toBeLessThan(shareOf(steps, 0, -1) / 2);
});

test('steps shrink while they do not pay, and grow when they do', () => {
  const lengthOf = (steps: LocalSteps) => {
    const lengths = Array.from({ length: PLANS }, () => {
      const step = steps.plan(centre);
      const [move] = step?.moves ?? [];
      return Math.abs((step?.point[move?.knob ?? 0] ?? 0) - 0.5);
    });
    return lengths.reduce((sum, length) => sum + length, 0) / PLANS;
  };
  const steps = create();
  const first = lengthOf(steps);
  for (let n = 0; n < 8; n += 1) steps.learn({ kind: 'step', point: centre, moves: [] }, false);
  const shrunk = lengthOf(steps);
  expect(shrunk).toBeLessThan(first / 2);
  for (let n = 0; n < 4; n += 1) steps.learn({ kind: 'step', point: centre, moves: [] }, true);
  expect(lengthOf(steps)).toBeGreaterThan(shrunk * 1.5);
});

test('a knob of two values is still moved by a small step', () => {
  const [workers] = ROUTER_KNOBS.filter(({ knob }) => knob.name === 'router.workers');
  const two = workers && { ...workers, min: 1, max: 2 };
  const steps = createLocalSteps(two ? [two] : [], createRandom(1));
  for (let n = 0; n < 20; n += 1) steps.learn({ kind: 'step', point: [0], moves: [] }, false);
  expect(steps.plan([0])?.point).toEqual([1]);
  expect(steps.plan([1])?.point).toEqual([0]);
});

test('no step where no knob can move', () => {
  const pinned = ROUTER_KNOBS.map((knob) => ({ ...knob, max: knob.min }));
  expect(createLocalSteps(pinned, createRandom(1)).plan(centre)).toBeNull();
});

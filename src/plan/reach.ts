// What the constraints leave of the ranges: the space is sampled, and each point made consistent as the search does it.

import type { Prepared } from '../campaign/test-bed.ts';
import { repairConfiguration } from '../knobs/constraints.ts';
import { asNumber } from '../knobs/knob-value.ts';
import { createHalton } from '../search/halton.ts';
import { configurationAt, isInside } from '../search/space.ts';
import { createRandom } from '../stats/random.ts';
import type { Plan, PlannedKnob } from './plan.ts';

const POINTS = 2_000;
const SEED = 1;

export interface Reach {
  readonly ranges: ReadonlyMap<string, PlannedKnob['reaches']>;
  readonly constraints: Plan['constraints'];
}

export function reachOf({ inPlay, current, constraintFacts, simulatedKnobs }: Prepared): Reach {
  const ranges = new Map<string, { min: number; max: number }>();
  const repaired = new Map<string, number>();
  const rejected = new Map<string, number>();
  const count = (counts: Map<string, number>, what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  const next = createHalton(inPlay.length, createRandom(SEED));
  const points = [
    inPlay.map(() => 0),
    inPlay.map(() => 1),
    ...Array.from({ length: inPlay.length === 0 ? 0 : POINTS }, next),
  ];
  for (const point of points) {
    const outcome = repairConfiguration(
      configurationAt(inPlay, point),
      current,
      constraintFacts,
      simulatedKnobs,
    );
    if (outcome.state === 'rejected') {
      count(rejected, withoutNumbers(outcome.reason));
      continue;
    }
    for (const what of outcome.repairs) count(repaired, what);
    if (!isInside(inPlay, outcome.configuration)) {
      count(rejected, 'made consistent, a value leaves its range');
      continue;
    }
    for (const { knob, choices } of inPlay) {
      if (choices) continue;
      const value = asNumber(outcome.configuration[knob.name]) ?? Number.NaN;
      const seen = ranges.get(knob.name) ?? { min: value, max: value };
      ranges.set(knob.name, { min: Math.min(seen.min, value), max: Math.max(seen.max, value) });
    }
  }
  const shares = (counts: ReadonlyMap<string, number>) =>
    [...counts]
      .sort((a, b) => b[1] - a[1])
      .map(([what, n]) => ({ what, share: Number((n / points.length).toFixed(3)) }));
  return { ranges, constraints: { repaired: shares(repaired), rejected: shares(rejected) } };
}

/** Two rejections for one reason differ only in their values. */
function withoutNumbers(reason: string): string {
  return reason.replace(/ -?\d[\d.]*(?= |:|$)/g, ' …');
}

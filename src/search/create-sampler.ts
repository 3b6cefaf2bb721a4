// The sampler of this version: a space-filling start, then shrinking steps around the best, with a fresh look now and then.
import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import { createRandom } from '../stats/random.ts';
import { createHalton } from './halton.ts';
import type { Observation, Proposal, Sampler } from './sampler.ts';
import { configurationAt, configurationKey, type Point, pointOf } from './space.ts';

export interface SamplerOptions {
  readonly knobs: readonly KnobInPlay[];
  /** What the system has today: never proposed, and the first centre. */
  readonly start: Configuration;
  readonly seed: number;
  /** Makes a configuration consistent, or null when that cannot be. */
  readonly repair: (configuration: Configuration) => Configuration | null;
}

/** Space-filling proposals before the first step around the best. */
const SPACE_FILLING = 6;
/** Of the proposals after that, this share is a fresh space-filling point: the best may lie elsewhere. */
const FRESH_SHARE = 0.15;
const FIRST_STEP = 0.3;
const SMALLEST_STEP = 0.04;
/** Steps shrink while nothing better is found, and start over from a new best. */
const STEP_SHRINK = 0.85;
const MAX_KNOBS_A_STEP = 3;
const ATTEMPTS = 200;

export function createSampler({ knobs, start, seed, repair }: SamplerOptions): Sampler {
  const random = createRandom(seed);
  const nextPoint = createHalton(knobs.length, random);
  const seen = new Set([configurationKey(onlyInPlay(start, knobs))]);

  /** How often a change of this knob was part of an improvement, plus one. */
  const credit = knobs.map(() => 1);
  let best: Observation | null = null;
  let proposed = 0;
  let step = FIRST_STEP;

  const fresh = (configuration: Configuration): Configuration | null => {
    const repaired = repair(configuration);
    if (repaired === null) return null;
    const key = configurationKey(repaired);
    if (seen.has(key)) return null;
    seen.add(key);
    return repaired;
  };

  const spaceFilling = (): Proposal | null => {
    const configuration = fresh(configurationAt(nextPoint(), knobs));
    return configuration && { configuration, from: 'space-filling' };
  };

  const stepAround = (centre: Observation): Proposal | null => {
    const axes = pickAxes(
      credit,
      1 + Math.floor(random() * Math.min(MAX_KNOBS_A_STEP, knobs.length)),
      random,
    );
    const from = pointOf(centre.configuration, knobs);
    const to = from.map((x, axis) => (axes.includes(axis) ? reflect(x + (random() * 2 - 1) * 2 * step) : x));
    const configuration = fresh({
      ...onlyInPlay(centre.configuration, knobs),
      ...pick(
        configurationAt(to, knobs),
        axes.map((axis) => knobs[axis]?.knob.name ?? ''),
      ),
    });
    const names = axes.map((axis) => knobs[axis]?.knob.name).join(', ');
    return configuration && { configuration, from: `step around the best: ${names}` };
  };

  return {
    name: 'space-filling start, then local steps',

    ask() {
      if (knobs.length === 0) return null;
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const explore = best === null || proposed < SPACE_FILLING || random() < FRESH_SHARE;
        const proposal = explore || best === null ? spaceFilling() : stepAround(best);
        if (proposal === null) continue;
        proposed += 1;
        return proposal;
      }
      return null;
    },

    tell(observation) {
      seen.add(configurationKey(onlyInPlay(observation.configuration, knobs)));
      if (!Number.isFinite(observation.score)) return;
      if (best !== null && observation.score <= best.score) {
        if (proposed > SPACE_FILLING) step = Math.max(SMALLEST_STEP, step * STEP_SHRINK);
        return;
      }
      if (best !== null)
        rewardChanges(credit, pointOf(best.configuration, knobs), pointOf(observation.configuration, knobs));
      best = observation;
      step = FIRST_STEP;
    },
  };
}

function rewardChanges(credit: number[], before: Point, after: Point): void {
  for (const [axis, x] of after.entries())
    if (Math.abs(x - (before[axis] ?? x)) > 0.02) credit[axis] = (credit[axis] ?? 1) + 1;
}

/** `count` different axes, each with a probability in proportion to its credit. */
function pickAxes(credit: readonly number[], count: number, random: () => number): readonly number[] {
  const left = credit.map((weight, axis) => ({ axis, weight }));
  const picked: number[] = [];
  while (picked.length < count && left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    let mark = random() * total;
    const index = left.findIndex(({ weight }) => {
      mark -= weight;
      return mark < 0;
    });
    const [taken] = left.splice(Math.max(0, index), 1);
    if (taken) picked.push(taken.axis);
  }
  return picked;
}

/** Back into [0, 1] as from a mirror: an edge is then no more likely than the middle. */
function reflect(x: number): number {
  const folded = Math.abs(x) % 2;
  return folded > 1 ? 2 - folded : folded;
}

function onlyInPlay(configuration: Configuration, knobs: readonly KnobInPlay[]): Configuration {
  return pick(
    configuration,
    knobs.map(({ knob }) => knob.name),
  );
}

function pick(configuration: Configuration, names: readonly string[]): Configuration {
  return Object.fromEntries(
    names.flatMap((name) => (configuration[name] === undefined ? [] : [[name, configuration[name]]])),
  );
}

// The sampler of a campaign: a space-filling start, then steps around the best, now and then a fresh point. Simple on
// purpose: with ten to forty noisy scores, models of the score learn little more than which knob paid.
import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import { createRandom } from '../stats/random.ts';
import { describeStep } from './describe-step.ts';
import { createFirstPoints } from './first-points.ts';
import { createLocalSteps, jump, type Step } from './local-steps.ts';
import type { Observation, Proposal, Sampler } from './sampler.ts';
import { everyConfiguration } from './small-space.ts';
import { configurationAt, configurationKey, isInside, type Point, pointOf } from './space.ts';

export interface SamplerOptions {
  /** What is searched; every proposal has a value for exactly these. */
  readonly knobs: readonly KnobInPlay[];
  /** Today's values: never proposed, and the centre until something scored. */
  readonly start: Configuration;
  readonly seed: number;
  /** Makes a configuration consistent, or null when that cannot be. */
  readonly repair: (configuration: Configuration) => Configuration | null;
}

interface Centre {
  readonly configuration: Configuration;
  readonly point: Point;
  readonly score: number;
}

const FRESH_POINT_CHANCE = 0.1;
const STEP_ATTEMPTS = 60;
const FRESH_ATTEMPTS = 400;
/** Spaces up to this size are walked through value by value before the sampler gives up. */
const SMALL_SPACE = 5_000;

export function createSampler(options: SamplerOptions): Sampler {
  const { knobs, repair } = options;
  const random = createRandom(options.seed);
  const start = inPlay(knobs, options.start, options.start);
  const first = createFirstPoints(pointOf(knobs, start), random);
  const steps = createLocalSteps(knobs, random);
  const seen = new Set([configurationKey(start)]);
  const scores = new Map<string, { readonly configuration: Configuration; readonly values: number[] }>();
  /** What was proposed and not told yet, with the score that it has to beat. */
  const pending = new Map<string, Step & { readonly toBeat: number }>();
  let asked = 0;

  /** Repaired, inside the ranges, and not proposed or told before; otherwise null. */
  const admit = (draft: Configuration): Configuration | null => {
    const repaired = repair(draft);
    if (repaired === null || !isInside(knobs, repaired)) return null;
    const configuration = inPlay(knobs, repaired, start);
    const key = configurationKey(configuration);
    if (seen.has(key)) return null;
    seen.add(key);
    return configuration;
  };

  const propose = (configuration: Configuration, from: string, step: Step, toBeat: number): Proposal => {
    pending.set(configurationKey(configuration), { ...step, toBeat });
    return { configuration, from };
  };

  const bestSoFar = (): Centre => {
    let best = { configuration: start, score: Number.NEGATIVE_INFINITY };
    for (const { configuration, values } of scores.values()) {
      const score = values.reduce((sum, value) => sum + value, 0) / values.length;
      if (score > best.score) best = { configuration, score };
    }
    return { ...best, point: pointOf(knobs, best.configuration) };
  };

  const askFresh = (attempts: number): Proposal | null => {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { point, from } = first.next();
      const configuration = admit(configurationAt(knobs, point));
      if (!configuration) continue;
      const centre = bestSoFar();
      return propose(configuration, from, jump(centre.point, pointOf(knobs, configuration)), centre.score);
    }
    return null;
  };

  /** The best with another name: names have no nearer and farther, so each is tried once around every best. */
  const askName = (): Proposal | null => {
    const centre = bestSoFar();
    for (const { knob, choices = [] } of knobs)
      for (const name of choices) {
        const configuration = admit({ ...centre.configuration, [knob.name]: name });
        if (!configuration) continue;
        const from = describeStep(knobs, centre.configuration, configuration);
        return propose(configuration, from, jump(centre.point, pointOf(knobs, configuration)), centre.score);
      }
    return null;
  };

  const askStep = (): Proposal | null => {
    const centre = bestSoFar();
    for (let attempt = 0; attempt < STEP_ATTEMPTS; attempt += 1) {
      const step = steps.plan(centre.point);
      if (step === null) return null;
      const configuration = admit(configurationAt(knobs, step.point));
      if (!configuration) continue;
      return propose(
        configuration,
        describeStep(knobs, centre.configuration, configuration),
        step,
        centre.score,
      );
    }
    return null;
  };

  const askRest = (): Proposal | null => {
    for (const draft of everyConfiguration(knobs, SMALL_SPACE) ?? []) {
      const configuration = admit(draft);
      if (configuration) return { configuration, from: 'what is left of a small space' };
    }
    return null;
  };

  return {
    name: 'steps around the best',
    ask() {
      if (knobs.length === 0) return null;
      asked += 1;
      if (asked <= first.count) return askFresh(FRESH_ATTEMPTS) ?? askStep() ?? askRest();
      const named = askName();
      if (named) return named;
      const fresh = random() < FRESH_POINT_CHANCE;
      return (fresh ? null : askStep()) ?? askFresh(FRESH_ATTEMPTS) ?? askStep() ?? askRest();
    },
    tell({ configuration: told, score }: Observation) {
      const configuration = inPlay(knobs, told, start);
      const key = configurationKey(configuration);
      seen.add(key);
      const value = Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
      const known = scores.get(key);
      if (known) known.values.push(value);
      else scores.set(key, { configuration, values: [value] });
      const step = pending.get(key);
      if (step) steps.learn(step, value > step.toBeat);
      pending.delete(key);
    },
  };
}

/** The values of the knobs in play and no others. */
function inPlay(
  knobs: readonly KnobInPlay[],
  configuration: Configuration,
  rest: Configuration,
): Configuration {
  return Object.fromEntries(
    knobs.map(({ knob, min }) => [knob.name, configuration[knob.name] ?? rest[knob.name] ?? min]),
  );
}

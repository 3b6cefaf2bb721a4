// A sampler out of a strategy: what all of them owe a campaign stands here once. Proposals are consistent and inside the ranges
// before a trial is spent on them, none comes twice, small spaces are searched to their end, and any number may be asked for before
// the first is told. The seed decides everything.
import type { Configuration, KnobInPlay, KnobValue } from '../knobs/knob.ts';
import { createRandom } from '../stats/random.ts';
import type { Observation, Proposal, Sampler } from './sampler.ts';
import { DEFAULT_SAMPLER, type SamplerName } from './sampler-names.ts';
import { STRATEGIES } from './samplers/index.ts';
import { everyConfiguration } from './small-space.ts';
import { configurationAt, configurationKey, isInside, pointOf } from './space.ts';
import type { Costs, Draft, SearchState, Seen } from './strategy.ts';

export interface SamplerOptions {
  /** What is searched; every proposal has a value for exactly these. */
  readonly knobs: readonly KnobInPlay[];
  /** Today's values: never proposed, and the centre until something scored. */
  readonly start: Configuration;
  readonly seed: number;
  /** Makes a configuration consistent, or null when that cannot be. */
  readonly repair: (configuration: Configuration) => Configuration | null;
  readonly name?: SamplerName;
  readonly costs?: Costs;
  /** Knobs that matter whatever gave way, by name: what is searched for follows from them. */
  readonly always?: readonly string[];
}

const USUAL_COSTS: Costs = { trialMs: 3_000, restartMs: 2_000 };
/** Drafts that a strategy may waste on what is known or cannot be, and random points after that. */
const DRAFTS = 500;
const RANDOM_POINTS = 400;
/** Spaces up to this size are walked through value by value before the sampler gives up. */
const SMALL_SPACE = 5_000;

export function createSampler(options: SamplerOptions): Sampler {
  const { knobs, repair, name = DEFAULT_SAMPLER, costs = USUAL_COSTS, always = [] } = options;
  const random = createRandom(options.seed);
  const start = inPlay(knobs, options.start, options.start);
  const strategy = STRATEGIES[name]({ knobs, start, random, costs, always: new Set(always) });
  const known = new Set([configurationKey(start)]);
  const memory = createMemory(knobs, start);
  let asked = 0;

  /** Repaired, inside the ranges, and not proposed or told before; otherwise null. */
  const admit = (draft: Configuration): Configuration | null => {
    const repaired = repair(draft);
    if (repaired === null || !isInside(knobs, repaired)) return null;
    const configuration = inPlay(knobs, repaired, start);
    const key = configurationKey(configuration);
    if (known.has(key)) return null;
    known.add(key);
    return configuration;
  };

  /** The first of them that can be tried. */
  const firstOf = (drafts: Iterable<Draft>, most: number, state: SearchState): Proposal | null => {
    let tried = 0;
    for (const draft of drafts) {
      const configuration = admit(draft.configuration);
      if (configuration !== null) {
        memory.proposed(configuration, draft, state.best.score);
        const { from } = draft;
        return { configuration, from: typeof from === 'string' ? from : from(configuration) };
      }
      tried += 1;
      if (tried >= most) return null;
    }
    return null;
  };

  const randomPoints = function* (searched: readonly KnobInPlay[]): Generator<Draft> {
    for (;;) {
      const point = searched.map(() => random());
      yield { configuration: { ...start, ...configurationAt(searched, point) }, from: 'a random point' };
    }
  };

  const whatIsLeft = function* (searched: readonly KnobInPlay[]): Generator<Draft> {
    for (const one of everyConfiguration(searched, SMALL_SPACE) ?? [])
      yield { configuration: { ...start, ...one }, from: 'what is left of a small space' };
  };

  return {
    name,
    ask() {
      if (knobs.length === 0) return null;
      asked += 1;
      const state = memory.state(asked);
      const searched = strategy.searched?.(state) ?? knobs;
      if (searched.length === 0) return null;
      return (
        firstOf(strategy.drafts(state), DRAFTS, state) ??
        firstOf(randomPoints(searched), RANDOM_POINTS, state) ??
        firstOf(whatIsLeft(searched), Number.POSITIVE_INFINITY, state)
      );
    },
    tell(observation) {
      const configuration = inPlay(knobs, observation.configuration, start);
      known.add(configurationKey(configuration));
      const outcome = memory.told(configuration, observation);
      if (outcome) strategy.learn?.(outcome);
    },
  };
}

/** What was proposed, and what was told of it. */
function createMemory(knobs: readonly KnobInPlay[], start: Configuration) {
  const scores = new Map<string, { seen: Seen; readonly values: number[] }>();
  const pending = new Map<string, { readonly configuration: Configuration; draft: Draft; toBeat: number }>();
  return {
    proposed(configuration: Configuration, draft: Draft, toBeat: number): void {
      pending.set(configurationKey(configuration), { configuration, draft, toBeat });
    },
    told(configuration: Configuration, { score, limiters = [] }: Observation) {
      const key = configurationKey(configuration);
      const value = Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score;
      const values = [...(scores.get(key)?.values ?? []), value];
      const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
      const point = pointOf(knobs, configuration);
      scores.set(key, { values, seen: { configuration, point, score: mean, limiters } });
      const proposal = pending.get(key);
      pending.delete(key);
      return proposal
        ? { configuration, step: proposal.draft.step, score: value, toBeat: proposal.toBeat }
        : null;
    },
    state(asked: number): SearchState {
      const seen = [...scores.values()].map((one) => one.seen);
      const nothing: Seen = {
        configuration: start,
        point: pointOf(knobs, start),
        score: Number.NEGATIVE_INFINITY,
        limiters: [],
      };
      return {
        asked,
        seen,
        best: seen.reduce((best, one) => (one.score > best.score ? one : best), nothing),
        pending: [...pending.values()].map(({ configuration }) => pointOf(knobs, configuration)),
      };
    },
  };
}

/** The values of the knobs in play and no others. */
function inPlay(
  knobs: readonly KnobInPlay[],
  configuration: Configuration,
  rest: Configuration,
): Configuration {
  const values: Record<string, KnobValue> = {};
  for (const { knob, min } of knobs) values[knob.name] = configuration[knob.name] ?? rest[knob.name] ?? min;
  return values;
}

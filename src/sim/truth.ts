// The truth of a landscape: what a configuration carries on a machine without noise, and the best that there is.
import { repairConfiguration } from '../knobs/constraints.ts';
import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import { type LoadPlan, MOST_CALLS } from '../load/load.ts';
import type { LimitMetric, LimitObjective } from '../scenario/scenario.ts';
import { fromUnit, valueAt } from '../search/space.ts';
import { createRandom } from '../stats/random.ts';
import { UNDISTURBED } from './disturbance.ts';
import type { Landscape } from './landscape.ts';
import { routerOf } from './router-of.ts';
import { simulateTrial } from './simulate-trial.ts';

export interface True {
  readonly capacityCps: number;
  readonly burstCalls: number;
}

export interface Optimum extends True {
  readonly configuration: Configuration;
}

export interface Truth {
  of(configuration: Configuration): True;
  metricOf(configuration: Configuration, metric: LimitMetric): number;
  optimum(): Optimum;
}

/** A limit is found to this, relatively. */
const CLOSE = 0.002;
const LEAST: Readonly<Record<LimitMetric, number>> = { capacityCps: 10, burstCalls: 1 };
const FIRST: Readonly<Record<LimitMetric, number>> = { capacityCps: 1_000, burstCalls: 400 };
/** More than any objective allows. */
export const STOP_AT_LOSS = 0.02;
/** Arrivals at random are the same in all trials of the truth. */
const ARRIVALS_SEED = 1;
/** Values of a knob that are looked at, alone and together with another. */
const VALUES = 25;
const COARSE_VALUES = 9;
/** Rounds of one knob and of two at a time; it ends before when nothing is better. */
const ROUNDS = 4;
/** Better by less than this is the same. */
const BETTER = 1.001;

export function createTruth(
  landscape: Landscape,
  given: {
    readonly load?: Landscape['load'];
    readonly objective?: LimitObjective;
    /** Of the machine, where it is not its usual one. */
    readonly speed?: number;
  } = {},
): Truth {
  const { load = landscape.load, objective = landscape.objective, speed = 1 } = given;
  const known = new Map<string, number>();
  let optimum: Optimum | undefined;

  const carries = (configuration: Configuration, metric: LimitMetric, amount: number): boolean =>
    simulateTrial({
      ...{ landscape, configuration, load, objective, scatter: 0, stopAtLoss: STOP_AT_LOSS },
      plan: planOf(metric, amount, load),
      random: createRandom(ARRIVALS_SEED),
      disturbance: { ...UNDISTURBED, speed },
    }).verdict.state === 'carried';

  const metricOf = (configuration: Configuration, metric: LimitMetric): number => {
    // Configurations that come to the same router carry the same.
    const key = `${metric} ${JSON.stringify(routerOf(landscape, configuration))}`;
    const value = known.get(key) ?? limitOf((amount) => carries(configuration, metric, amount), metric);
    known.set(key, value);
    return value;
  };

  const of = (configuration: Configuration): True => ({
    capacityCps: metricOf(configuration, 'capacityCps'),
    burstCalls: metricOf(configuration, 'burstCalls'),
  });

  return {
    of,
    metricOf,
    optimum() {
      optimum ??= findOptimum({ landscape, objective, metricOf, of, carries });
      return optimum;
    },
  };
}

function planOf(metric: LimitMetric, amount: number, load: Landscape['load']): LoadPlan {
  return metric === 'burstCalls'
    ? { shape: 'burst', calls: amount }
    : { shape: 'steady', rateCps: amount, warmupMs: load.warmupMs, windowMs: load.windowMs };
}

/** The largest amount that is carried, by doubling and halving. */
function limitOf(carries: (amount: number) => boolean, metric: LimitMetric): number {
  const least = LEAST[metric];
  let [low, high] = [least, MOST_CALLS];
  let at: number = FIRST[metric];
  // From a likely amount outwards: far from the limit a trial costs most.
  while (at > least && at < MOST_CALLS) {
    if (carries(at)) {
      low = at;
      if (high < MOST_CALLS) break;
      at *= 2;
    } else {
      high = at;
      if (low > least) break;
      at /= 2;
    }
  }
  if (low === least && !carries(least)) return 0;
  while (high > low * (1 + CLOSE) && high - low > 0.5) {
    const middle = Math.sqrt(low * high);
    if (carries(middle)) low = middle;
    else high = middle;
  }
  return low;
}

interface OptimumSearch extends Pick<Truth, 'metricOf' | 'of'> {
  readonly landscape: Landscape;
  readonly objective: LimitObjective;
  readonly carries: (configuration: Configuration, metric: LimitMetric, amount: number) => boolean;
}

/**
 * From today's values, each knob in turn over its whole range, then each two of them on a coarser grid, until nothing is better.
 * Knobs that are coupled are found by the pairs, as long as no more than two must move before anything is better.
 */
function findOptimum({ landscape, objective, metricOf, of, carries }: OptimumSearch): Optimum {
  const { knobs, today, constraintFacts, ownKnobs } = landscape;
  const { maximise, guards } = objective;
  const floors = guards.map(({ metric, mayFall }) => ({
    metric,
    floor: metricOf(today, metric) * (1 - mayFall),
  }));
  const seen = new Set<string>();
  let best: Configuration = Object.fromEntries(
    knobs.map(({ knob }) => [knob.name, today[knob.name] ?? knob.search.min]),
  );
  let score = metricOf(best, maximise);
  const consider = (changes: Configuration): void => {
    const outcome = repairConfiguration({ ...best, ...changes }, today, constraintFacts, ownKnobs);
    if (outcome.state !== 'valid') return;
    const { configuration } = outcome;
    const key = JSON.stringify(routerOf(landscape, configuration));
    if (seen.has(key)) return;
    seen.add(key);
    if (!carries(configuration, maximise, score * BETTER)) return;
    if (floors.some(({ metric, floor }) => !carries(configuration, metric, floor))) return;
    [best, score] = [configuration, metricOf(configuration, maximise)];
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = score;
    for (const knob of knobs) for (const change of valuesOf(knob, VALUES)) consider(change);
    for (const [index, one] of knobs.entries())
      for (const other of knobs.slice(index + 1))
        for (const change of valuesOf(one, COARSE_VALUES))
          for (const too of valuesOf(other, COARSE_VALUES)) consider({ ...change, ...too });
    if (score <= before * BETTER) break;
  }
  return { configuration: best, ...of(best) };
}

/** Evenly over its range, on its scale; all of its names. */
function valuesOf(knob: KnobInPlay, most: number): readonly Configuration[] {
  const count = knob.choices?.length ?? most;
  return Array.from({ length: count }, (_, n) => ({
    [knob.knob.name]: valueAt(knob, fromUnit(knob, n / Math.max(1, count - 1))),
  }));
}

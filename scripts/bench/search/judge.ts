// The truth about a configuration: what it carries without noise, as a share of the best that there is. Nobody who searches sees it.

import { planFor } from '../../../src/campaign/measure.ts';
import type { Configuration } from '../../../src/knobs/knob.ts';
import type { LimitMetric } from '../../../src/scenario/scenario.ts';
import type { Landscape } from '../../../src/sim/landscape.ts';
import { routerOf } from '../../../src/sim/router-of.ts';
import { simulateTrial } from '../../../src/sim/simulate-trial.ts';
import { createTruth, STOP_AT_LOSS } from '../../../src/sim/truth.ts';
import { createRandom } from '../../../src/stats/random.ts';

export interface Judge {
  /** Within 5 % of the optimum, with all guards held. */
  isGood(configuration: Configuration): boolean;
  /** Of the optimum. One that truly breaks a guard is worth no more than today's. */
  shareOf(configuration: Configuration): number;
}

const GOOD_SHARE = 0.95;
/** The truth is worked out to this, relatively. */
const CLOSE = 0.005;

/** `optimum`: of the landscape's objective. */
export function createJudge(landscape: Landscape, optimum: number): Judge {
  const truth = createTruth(landscape);
  const { maximise, guards } = landscape.objective;
  const good = new Map<string, boolean>();
  const held = new Map<string, boolean>();
  /** One trial without noise: much cheaper than the limit. */
  const carries = (configuration: Configuration, metric: LimitMetric, amount: number) =>
    simulateTrial({
      ...{ landscape, configuration, scatter: 0, stopAtLoss: STOP_AT_LOSS, random: createRandom(1) },
      ...{ load: landscape.load, objective: landscape.objective },
      plan: planFor(metric, amount, { flow: 'invite', uaRateCps: 0, ...landscape.load }),
    }).verdict.state === 'carried';
  /** Configurations that come to the same router are judged once. */
  const once = (known: Map<string, boolean>, configuration: Configuration, judge: () => boolean): boolean => {
    const key = JSON.stringify(routerOf(landscape, configuration));
    const judged = known.get(key) ?? judge();
    known.set(key, judged);
    return judged;
  };
  const holds = (configuration: Configuration) =>
    once(held, configuration, () =>
      guards.every(({ metric, mayFall }) =>
        carries(configuration, metric, truth.metricOf(landscape.today, metric) * (1 - mayFall) * (1 - CLOSE)),
      ),
    );
  return {
    isGood: (configuration) =>
      once(good, configuration, () => carries(configuration, maximise, optimum * GOOD_SHARE)) &&
      holds(configuration),
    shareOf: (configuration) =>
      truth.metricOf(holds(configuration) ? configuration : landscape.today, maximise) / optimum,
  };
}

export function optimumOf(landscape: Landscape): number {
  const { configuration } = createTruth(landscape).optimum();
  return createTruth(landscape).metricOf(configuration, landscape.objective.maximise);
}

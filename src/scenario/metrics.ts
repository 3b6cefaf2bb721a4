// What can be measured of a configuration, by name.
import type { Goal, LimitMetric, Metric, Objective, RateMetric } from './scenario.ts';

export const LIMIT_METRICS = ['capacityCps', 'burstCalls'] as const satisfies readonly LimitMetric[];
export const RATE_METRICS = ['lossShare', 'p99SetupMs', 'memoryMib'] as const satisfies readonly RateMetric[];
export const METRICS = [...LIMIT_METRICS, ...RATE_METRICS] as const satisfies readonly Metric[];

/** The first of them is the objective's own. */
export function goalsOf(objective: Objective): readonly Goal[] {
  const own: Goal =
    objective.maximise === undefined
      ? { minimise: objective.minimise, atRateCps: objective.atRateCps }
      : { maximise: objective.maximise };
  return [own, ...(objective.also ?? [])];
}

export function metricOf(goal: Goal): Metric {
  return goal.maximise ?? goal.minimise;
}

export function isLimit(metric: Metric): metric is LimitMetric {
  return LIMIT_METRICS.some((one) => one === metric);
}

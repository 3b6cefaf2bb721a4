// Campaigns side by side: which settings differ, which numbers differ beyond noise, and where a comparison means nothing.
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { WIDTH } from '../campaign/measure-into.ts';
import type { Configuration, KnobValue } from '../knobs/knob.ts';
import { sameValue } from '../knobs/knob-value.ts';
import { goalsOf, isLimit, LIMIT_METRICS, METRICS, RATE_METRICS } from '../scenario/metrics.ts';
import type { Metric } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';
import { studentTQuantile } from '../stats/student-t.ts';
import type { Result } from '../store/result.ts';
import { loadText } from './load-text.ts';

export interface ComparedValue {
  readonly interval: Interval | null;
  /**
   * What the interval is. `proof`: a 95 % confidence interval from the proof's repeated measurements. `search`: where a
   * few searches ended, which says nothing of how much the next one would differ.
   */
  readonly basis: 'proof' | 'search' | null;
  readonly measurements: number;
}

export interface ComparedSide {
  readonly id: string;
  /** The winner where one was proven, otherwise what the system had. */
  readonly what: 'winner' | 'current' | 'nothing';
  readonly config: Configuration;
}

export type Judgement = 'beyond-noise' | 'within-noise' | 'cannot-tell';

export interface ComparedMetric {
  readonly metric: Metric;
  readonly values: readonly ComparedValue[];
  /** Every two sides, by index. */
  readonly differences: readonly {
    readonly sides: readonly [number, number];
    readonly judgement: Judgement;
    readonly why: string;
  }[];
}

export interface Comparison {
  readonly sides: readonly ComparedSide[];
  /** What makes the campaigns' numbers incomparable; empty when nothing does. */
  readonly notComparable: readonly string[];
  readonly settings: readonly {
    readonly knob: string;
    /** null: the campaign did not look at this knob. */
    readonly values: readonly (KnobValue | null)[];
  }[];
  readonly metrics: readonly ComparedMetric[];
}

const CONFIDENCE = 0.95;
/** Fewer say too little of the scatter. */
const MIN_MEASUREMENTS = 3;

export function compareCampaigns(results: readonly Result[]): Comparison {
  const sides = results.map(sideOf);
  const knobs = [...new Set(sides.flatMap(({ config }) => Object.keys(config)))].sort();
  const notComparable = [...obstacles(results), ...drift(results)];
  return {
    sides,
    notComparable,
    settings: knobs
      .map((knob) => ({ knob, values: sides.map(({ config }) => config[knob] ?? null) }))
      .filter(({ values }) => values.some((value) => !sameValue(value ?? undefined, values[0] ?? undefined))),
    metrics: comparedMetrics(results).map((metric) => {
      const values = results.map((result) =>
        measuredOf(result, metric, result.winner ? 'winner' : 'current'),
      );
      return { metric, values, differences: differences(values, notComparable.length === 0) };
    }),
  };
}

/** Both limits, and what else was measured of any. */
function comparedMetrics(results: readonly Result[]): readonly Metric[] {
  const isMeasured = (metric: Metric) =>
    results.some(({ baseline, winner }) => baseline?.[metric] ?? winner?.[metric]);
  return [...LIMIT_METRICS.toReversed(), ...RATE_METRICS.filter(isMeasured)];
}

/** Rates only: limits are what they are, whichever of them was maximised. */
function objectiveText(objective: Result['objective']): string {
  const rates = goalsOf(objective).flatMap(({ minimise, atRateCps }) =>
    minimise === undefined ? [] : [`${minimise} at ${atRateCps} calls/s`],
  );
  return rates.join(' and ') || 'limits';
}

function sideOf(result: Result): ComparedSide {
  return {
    id: result.id,
    what: result.winner ? 'winner' : result.baseline ? 'current' : 'nothing',
    config: (result.winner ?? result.baseline)?.config ?? {},
  };
}

function measuredOf(result: Result, metric: Metric, side: 'current' | 'winner'): ComparedValue {
  const column = side === 'winner' ? 1 : 0;
  const pairs = isLimit(metric) ? (result.samples[metric] ?? []) : [];
  const samples = pairs.map((pair) => pair[column]).filter((value) => value > 0);
  const bracket = (side === 'winner' ? result.winner : result.baseline)?.[metric] ?? null;
  if (bracket === null) return { interval: null, basis: null, measurements: 0 };
  const { comparison } = result;
  if (comparison?.sides && comparison.metric === metric)
    return { interval: comparison.sides[side], basis: 'proof', measurements: comparison.pairs };
  return isLimit(metric) && samples.length >= MIN_MEASUREMENTS
    ? { interval: sampleInterval(samples, WIDTH[metric]), basis: 'proof', measurements: samples.length }
    : { interval: bracket, basis: 'search', measurements: samples.length };
}

/**
 * Student's t on the logs. A measurement is the largest load that was carried: the truth lies up to one bracket width
 * above it, however often it is repeated, and that is added at the upper end.
 */
function sampleInterval(samples: readonly number[], width: number): Interval {
  const logs = samples.map(Math.log);
  const centre = mean(logs);
  const half =
    (studentTQuantile((1 + CONFIDENCE) / 2, logs.length - 1) * sampleStandardDeviation(logs)) /
    Math.sqrt(logs.length);
  return {
    estimate: Math.round(Math.exp(centre)),
    low: Math.round(Math.exp(centre - half)),
    high: Math.round(Math.exp(centre + half) * (1 + width)),
  };
}

function obstacles(results: readonly Result[]): readonly string[] {
  const facts: readonly (readonly [string, (result: Result) => string])[] = [
    ['scenarios', ({ scenario }) => scenario],
    ['hosts', ({ target }) => target.host || 'not reached'],
    ['kernels', ({ target }) => target.kernel || 'not known'],
    ['CPUs', ({ target }) => `${target.cpus} × ${target.cpu}`],
    ['routers', ({ target }) => `${target.router} ${target.routerVersion}`.trim()],
    ['loads', ({ load }) => loadText(load)],
    ['objectives', ({ objective }) => objectiveText(objective)],
    ['loss bounds', ({ objective }) => `${objective.maxLoss * 100} %`],
    ['delay bounds', ({ objective }) => `${objective.maxP99SetupMs} ms`],
  ];
  return facts.flatMap(([what, of]) => {
    const values = [...new Set(results.map(of))];
    return values.length > 1 ? [`different ${what}: ${values.join(', ')}`] : [];
  });
}

/**
 * Campaigns are hours apart, and their intervals know nothing of what the machine did in between. Where they measured
 * the same settings of today, those are the witness: if they differ, so may everything else.
 */
function drift(results: readonly Result[]): readonly string[] {
  return METRICS.flatMap((metric) => {
    const witnesses = results.map((result) => measuredOf(result, metric, 'current'));
    return pairsOf(results).flatMap(([i, j]) => {
      const [a, b] = [results[i]?.baseline?.config, results[j]?.baseline?.config];
      if (!a || !b || !sameWhereBoth(a, b)) return [];
      const [one, other] = [witnesses[i], witnesses[j]];
      return one?.basis === 'proof' && other?.basis === 'proof' && disjoint(one.interval, other.interval)
        ? [
            `the machine was not the same: with today's settings it carried ${one.interval?.estimate} in ${results[i]?.id} and ${other.interval?.estimate} in ${results[j]?.id} (${metric})`,
          ]
        : [];
    });
  });
}

function sameWhereBoth(a: Configuration, b: Configuration): boolean {
  return Object.keys(a).every((name) => b[name] === undefined || sameValue(a[name], b[name]));
}

function differences(values: readonly ComparedValue[], comparable: boolean): ComparedMetric['differences'] {
  return pairsOf(values).map((sides) => {
    const [a, b] = [values[sides[0]], values[sides[1]]];
    const answer = (judgement: Judgement, why: string) => ({ sides, judgement, why });
    if (!a?.interval || !b?.interval) return answer('cannot-tell', 'not measured');
    if (JSON.stringify(a) === JSON.stringify(b)) return answer('within-noise', 'the same numbers');
    if (!comparable) return answer('cannot-tell', 'not comparable');
    if (a.basis !== 'proof' || b.basis !== 'proof')
      return answer('cannot-tell', `fewer than ${MIN_MEASUREMENTS} measurements in the proof`);
    return disjoint(a.interval, b.interval)
      ? answer('beyond-noise', '95 % intervals do not overlap')
      : answer('within-noise', '95 % intervals overlap');
  });
}

function disjoint(a: Interval | null, b: Interval | null): boolean {
  return a !== null && b !== null && (a.high < b.low || b.high < a.low);
}

function pairsOf(items: readonly unknown[]): readonly (readonly [number, number])[] {
  return items.flatMap((_a, i) => items.slice(i + 1).map((_b, k) => [i, i + 1 + k] as const));
}

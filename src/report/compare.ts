// Campaigns side by side: which settings differ, which numbers differ beyond noise, and where a comparison means nothing.
import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { Configuration, KnobValue } from '../knobs/knob.ts';
import { sameValue } from '../knobs/knob-value.ts';
import type { Metric } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';
import { studentTQuantile } from '../stats/student-t.ts';
import type { Result } from '../store/result.ts';

export interface ComparedSide {
  readonly id: string;
  /** The winner where one was proven, otherwise what the system had. */
  readonly what: 'winner' | 'current' | 'nothing';
  readonly config: Configuration;
  readonly metrics: Readonly<Record<Metric, Interval | null>>;
}

export interface Comparison {
  readonly sides: readonly ComparedSide[];
  /** What makes the campaigns' numbers incomparable; empty when nothing does. */
  readonly notComparable: readonly string[];
  readonly settings: readonly {
    readonly knob: string;
    readonly values: readonly (KnobValue | undefined)[];
  }[];
  readonly metrics: readonly {
    readonly metric: Metric;
    readonly values: readonly (Interval | null)[];
    /** Pairs of sides, by index, whose intervals do not overlap. */
    readonly beyondNoise: readonly (readonly [number, number])[];
  }[];
}

const METRICS: readonly Metric[] = ['burstCalls', 'capacityCps'];
const CONFIDENCE = 0.95;

export function compareCampaigns(results: readonly Result[]): Comparison {
  const sides = results.map(sideOf);
  const knobs = [...new Set(sides.flatMap(({ config }) => Object.keys(config)))].sort();
  return {
    sides,
    notComparable: obstacles(results),
    settings: knobs
      .map((knob) => ({ knob, values: sides.map(({ config }) => config[knob]) }))
      .filter(({ values }) => values.some((value) => !sameValue(value, values[0]))),
    metrics: METRICS.map((metric) => {
      const values = sides.map(({ metrics }) => metrics[metric]);
      return { metric, values, beyondNoise: disjointPairs(values) };
    }),
  };
}

function sideOf(result: Result): ComparedSide {
  const measured = result.winner ?? result.baseline;
  const column = result.winner ? 1 : 0;
  const intervalOf = (metric: Metric) =>
    samplesInterval(result, metric, column) ?? measured?.[metric] ?? null;
  return {
    id: result.id,
    what: result.winner ? 'winner' : result.baseline ? 'current' : 'nothing',
    config: measured?.config ?? {},
    metrics: { burstCalls: intervalOf('burstCalls'), capacityCps: intervalOf('capacityCps') },
  };
}

/** From the proof's repeated measurements: Student's t on the logs, never narrower than their brackets would allow. */
function samplesInterval(result: Result, metric: Metric, column: 0 | 1): Interval | null {
  const values = (result.samples[metric] ?? []).map((pair) => pair[column]).filter((value) => value > 0);
  if (values.length < 3) return null;
  const logs = values.map(Math.log);
  const centre = mean(logs);
  const half =
    (studentTQuantile(0.5 + CONFIDENCE / 2, logs.length - 1) * sampleStandardDeviation(logs)) /
    Math.sqrt(logs.length);
  const low = Math.min(Math.exp(centre - half), ...values);
  const high = Math.max(Math.exp(centre + half), ...values);
  return { estimate: Math.round(Math.exp(centre)), low: Math.round(low), high: Math.round(high) };
}

function obstacles(results: readonly Result[]): readonly string[] {
  const [first] = results;
  if (!first) return [];
  const facts: readonly (readonly [string, (result: Result) => string])[] = [
    ['hosts', ({ target }) => target.host],
    ['kernels', ({ target }) => target.kernel],
    ['CPUs', ({ target }) => `${target.cpus} × ${target.cpu}`],
    ['routers', ({ target }) => `${target.router} ${target.routerVersion}`],
    ['loss bounds', ({ objective }) => `${objective.maxLoss * 100} %`],
    ['delay bounds', ({ objective }) => `${objective.maxP99SetupMs} ms`],
  ];
  return facts.flatMap(([what, of]) => {
    const values = [...new Set(results.map(of))];
    return values.length > 1 ? [`different ${what}: ${values.join(', ')}`] : [];
  });
}

function disjointPairs(values: readonly (Interval | null)[]): readonly (readonly [number, number])[] {
  return values.flatMap((a, i) =>
    values.flatMap((b, j) =>
      i < j && a && b && (a.high < b.low || b.high < a.low) ? [[i, j] as const] : [],
    ),
  );
}

// What a campaign has learned so far. It is filled as the campaign goes, so that an interrupted one reports what it has.
import { logAverage } from 'simple-statistics';
import type { CpuBound } from '../capacity/cpu-bound.ts';
import type { Configuration } from '../knobs/knob.ts';
import type { NetperfReport } from '../load/netperf.ts';
import { isLimit, METRICS } from '../scenario/metrics.ts';
import type { LimitMetric, Metric } from '../scenario/scenario.ts';
import type { Observation } from '../search/sampler.ts';
import type { Counts } from '../stats/fisher-exact.ts';
import type { Interval } from '../stats/interval.ts';
import type { CampaignVerdict, Contested, GuardSeen, Minimised, Result } from '../store/result.ts';

/** One configuration and everything that was measured of it. */
export interface Measured {
  readonly label: string;
  readonly configuration: Configuration;
  readonly values: Record<Metric, Interval[]>;
  /** The least load that the generators could not offer, where that and not the router ended a search. */
  readonly unreachable: Partial<Record<LimitMetric, number>>;
  /** What the proof said of a contender that took part in it. */
  proven: Contested | null;
}

export interface Findings {
  current: Measured | null;
  readonly contenders: Measured[];
  /** The best so far that kept the guards in a first look; null until something beat `current`. */
  best: Measured | null;
  /** Of a campaign with several goals: today's and what it measured in all of them, as far as none is better in each. */
  front: readonly Measured[];
  /** What the proof said of the front. */
  readonly frontProof: Map<Measured, Partial<Record<Metric, Contested>>>;
  /** What is put to the proof: the best, or a contender; what minimising left of it. Null: nothing beat `current`. */
  finalist: Measured | null;
  /** What minimising found; null where it was not tried. */
  minimised: Minimised | null;
  /** How many of the best's values come from the search: it was chosen for them, so they flatter it. */
  searched: Readonly<Record<Metric, number>>;
  readonly observations: Observation[];
  /** By the label of the configuration: what a call cost at the highest rate that it carried. */
  readonly cpuBounds: Map<string, CpuBound & { readonly rateCps: number }>;
  /** By the label of the configuration: the real phone's calls in trials that were carried. */
  readonly phone: Map<string, Counts>;
  /** What the proof saw of each guard. */
  readonly guards: GuardSeen[];
  comparison: Result['comparison'];
  netperfCurrent: NetperfReport | null;
  netperfWinner: NetperfReport | null;
  verdict: Exclude<CampaignVerdict, 'aborted'> | null;
  reason: string;
  /** Why the campaign ended early, or null. */
  aborted: string | null;
  restored: boolean;
}

export function createFindings(): Findings {
  return {
    current: null,
    contenders: [],
    best: null,
    front: [],
    frontProof: new Map(),
    finalist: null,
    minimised: null,
    searched: perMetric(() => 0),
    observations: [],
    cpuBounds: new Map(),
    phone: new Map(),
    guards: [],
    comparison: null,
    netperfCurrent: null,
    netperfWinner: null,
    verdict: null,
    reason: '',
    aborted: null,
    restored: false,
  };
}

export function createMeasured(label: string, configuration: Configuration): Measured {
  return { label, configuration, values: perMetric((): Interval[] => []), unreachable: {}, proven: null };
}

export function perMetric<T>(of: (metric: Metric) => T): Record<Metric, T> {
  return Object.fromEntries(METRICS.map((metric) => [metric, of(metric)])) as Record<Metric, T>;
}

/** All measurements of one metric as one interval: the geometric mean within the outermost bounds; null without any. */
export function known(measured: Measured | null | undefined, metric: Metric): Interval | null {
  const intervals = measured?.values[metric] ?? [];
  const usable = intervals.filter((interval) => interval.estimate > 0);
  if (usable.length === 0) return intervals[0] ?? null;
  const mean = logAverage(usable.map(({ estimate }) => estimate));
  return {
    // Calls are whole.
    estimate: isLimit(metric) ? Math.round(mean) : mean,
    low: Math.min(...usable.map(({ low }) => low)),
    high: Math.max(...usable.map(({ high }) => high)),
  };
}

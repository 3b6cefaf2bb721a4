// result.json: the stable, versioned interface of a campaign. Never rename a field silently; raise `schema` instead.
import type { Configuration } from '../knobs/knob.ts';
import type { LimitMetric, LoadSpec, Metric, Objective } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';

export const RESULT_SCHEMA = 1;

export type CampaignVerdict = 'improved' | 'not-proven' | 'aborted';

export interface ResultCpuBound {
  readonly cpuMsPerCall: number;
  readonly fullAtCps: number;
  /** The capacity as a share of that rate; null when it was not measured. */
  readonly capacityShare: number | null;
}

export interface MeasuredConfiguration {
  readonly config: Configuration;
  readonly capacityCps: Interval | null;
  readonly burstCalls: Interval | null;
  /** At the rate of the objective, where it is about that. */
  readonly lossShare?: Interval | undefined;
  readonly p99SetupMs?: Interval | undefined;
  readonly memoryMib?: Interval | undefined;
  /** Where the router's CPUs would be full, from its steady trials; null where none told, absent in older results. */
  readonly cpuBound?: ResultCpuBound | null | undefined;
  /** The least load that the generators could not offer, where they and not the router ended the search. */
  readonly generatorBound?: Partial<Readonly<Record<LimitMetric, number | undefined>>> | undefined;
}

/** A contender in the proof, against what the system had. */
export interface Contested {
  /** What the proof's trials alone say of it. */
  readonly value: Interval;
  /** How many times as good, with 95 %. */
  readonly ratio: Interval;
  /** Pairs of turns behind it. */
  readonly count: number;
  readonly pValue: number;
}

export interface GuardSeen {
  readonly metric: LimitMetric;
  readonly ratio: Interval;
  readonly mayFall: number;
  readonly held: boolean;
  /** False: the ratio is only what was asked for, and was carried or was too much. Absent in older results, which measured it. */
  readonly measured?: boolean | undefined;
}

export interface Minimised {
  readonly state: 'done' | 'out-of-time' | 'guard-broken';
  /** What must be carried without a setting: calls at once or calls/s, by the objective; null where there was only one setting. */
  readonly load: number | null;
  /** In their order: whether it is carried no more with all of these as they are today. */
  readonly questions: readonly { readonly knobs: readonly string[]; readonly needed: boolean }[];
}

export interface ProofTrial {
  /** Calls/s, or calls at once. */
  readonly load: number;
  readonly carried: boolean;
  readonly cost: number | null;
  readonly busyShare: number | null;
  /** Of the metric, where each trial shows one: loss, delay, memory. */
  readonly value?: number | undefined;
}

export interface Result {
  readonly schema: typeof RESULT_SCHEMA;
  readonly id: string;
  readonly scenario: string;
  readonly seed: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly target: {
    readonly host: string;
    readonly kernel: string;
    readonly cpu: string;
    readonly cpus: number;
    readonly memoryMib: number;
    readonly router: string;
    readonly routerVersion: string;
    readonly routerFlags: readonly string[];
    /** Nothing was measured on a real router; absent where it was. */
    readonly simulated?: { readonly landscape: string; readonly noisePct: number } | undefined;
  };
  /** What a call was; results of before this was recorded do not say it. */
  readonly load?: Pick<LoadSpec, 'flow' | 'transport' | 'arrivals' | 'baseRateCps'> | undefined;
  readonly objective: Objective;
  readonly verdict: CampaignVerdict;
  /** One sentence: why this verdict. */
  readonly reason: string;
  readonly baseline: MeasuredConfiguration | null;
  readonly contenders: readonly (MeasuredConfiguration & {
    readonly name: string;
    /** Of what was measured of it and of what the system had; of the proof where it took part. */
    readonly ratio: number | null;
    /** Absent where there was no time for it in the proof. */
    readonly proof?: Contested | undefined;
  })[];
  /** With several goals: those that none is better than in each of them, today's among them where it is one; by their own goal. */
  readonly front?:
    | readonly (MeasuredConfiguration & {
        readonly name: string;
        /** By goal, against what the system had; all of these hold together with 95 %. Absent: no time for it. */
        readonly proof?: Partial<Readonly<Record<Metric, Contested | undefined>>> | undefined;
      })[]
    | undefined;
  readonly winner: (MeasuredConfiguration & { readonly minimal: boolean }) | null;
  /** How the winner's settings were told from those that do not pay; null where it was not tried, absent in older results. */
  readonly minimised?: Minimised | null | undefined;
  readonly comparison: {
    readonly metric: Metric;
    readonly ratio: Interval;
    readonly confidence: number;
    readonly pairs: number;
    readonly pValue: number;
    /** How many could have become the winner: interval and p-value allow for the choice. Absent: one. */
    readonly chosenFrom?: number | undefined;
    /** What the proof's trials alone say of each side; absent in results of before their trials were added up. */
    readonly sides?: { readonly current: Interval; readonly winner: Interval } | undefined;
    /** The trials behind it, by pair. `cost`: CPU time of the router for each message, `busyShare`: of its CPUs; null if unknown. */
    readonly trials?:
      | readonly { readonly current: readonly ProofTrial[]; readonly winner: readonly ProofTrial[] }[]
      | undefined;
    readonly guards: readonly GuardSeen[];
  } | null;
  /** In older results the pairs behind the comparison, [current, winner]; newer ones have `comparison.trials`. */
  readonly samples: Readonly<Partial<Record<LimitMetric, readonly (readonly [number, number])[]>>>;
  readonly inert: readonly { readonly knob: string; readonly reason: string }[];
  /** Share of the explained variance of the score, by knob; rough with few candidates. */
  readonly importance: readonly { readonly knob: string; readonly share: number }[];
  readonly netperf: {
    readonly absent: string | null;
    readonly current: Readonly<Record<string, number>> | null;
    readonly winner: Readonly<Record<string, number>> | null;
  };
  readonly trials: {
    readonly total: number;
    readonly carried: number;
    readonly overloaded: number;
    readonly invalid: number;
    readonly failed: number;
  };
  readonly cost: { readonly wallS: number; readonly loadS: number; readonly restarts: number };
  readonly restored: boolean;
}

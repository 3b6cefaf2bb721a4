// What a campaign says while it runs. Screen, journal and report listen; nothing in the core prints.
import type { Configuration, KnobValue } from '../knobs/knob.ts';
import type { LoadPlan } from '../load/load.ts';
import type { MeterReport } from '../meters/meter.ts';
import type { Metric } from '../scenario/scenario.ts';
import type { Interval } from '../stats/interval.ts';
import type { Original, WriteTarget } from '../targets/original.ts';
import type { Step } from './replay/step.ts';
import type { Verdict } from './verdict.ts';

export const PHASES = [
  'prepare',
  'baseline',
  'contenders',
  'search',
  'minimise',
  'confirm',
  'restore',
  'report',
] as const;
export type Phase = (typeof PHASES)[number];

export interface TrialRecord {
  readonly n: number;
  /** "current", "article", "candidate 3", … */
  readonly label: string;
  readonly configuration: Configuration;
  readonly plan: LoadPlan;
  readonly verdict: Verdict;
  readonly meters: Readonly<Record<string, MeterReport>>;
  /** The phone's view, when one took part. */
  readonly ua: {
    readonly calls: number;
    readonly failed: number;
    readonly p50Ms: number;
    /** Older journals have the median and the longest only. */
    readonly p95Ms?: number;
    readonly p99Ms?: number;
    readonly maxMs: number;
  } | null;
  readonly meterFaults: readonly string[];
  readonly wallMs: number;
}

export type CampaignEvent = { readonly at: string } & (
  | {
      readonly type: 'campaign-started';
      readonly id: string;
      readonly scenario: string;
      readonly seed: number;
      readonly budgetMs: number;
      readonly pid: number;
    }
  | { readonly type: 'phase'; readonly phase: Phase }
  /** The way back: durable before the first write. `raw` is exactly what was read. */
  | ({ readonly type: 'original' } & Original)
  /** `count` of them stand before it: a line that went missing is missed. */
  | { readonly type: 'originals-complete'; readonly count?: number }
  /** The machine restores itself from here on when siptune does not renew its timer; `state` is where on it. */
  | {
      readonly type: 'armed';
      /** The machine's label: the target's, or that of the generators where it is another. Older journals, of this one, have none. */
      readonly host?: string;
      /** It only has generators: nothing is tuned there. */
      readonly of?: 'generators';
      readonly periodMs: number;
      readonly by: 'systemd-run' | 'setsid' | 'nohup';
      readonly state: string;
    }
  /** siptune may write no more: the target was restored without it, or will be. */
  | { readonly type: 'lease-lost'; readonly reason: string }
  /** What an earlier campaign, whose siptune is gone, had left changed was put back first. */
  | { readonly type: 'taken-over'; readonly campaign: string }
  /** The target is another machine; this folder on it is the campaign's. */
  | { readonly type: 'remote-opened'; readonly host: string; readonly workDir: string }
  /** The lab was brought up for this campaign, and goes down with it. */
  | { readonly type: 'lab-up' }
  /** What one pair of generators reaches here by itself, from which follows how many a rate takes, and how many there may be. */
  | {
      readonly type: 'generators';
      readonly pairs: number;
      readonly limitCps: number;
      readonly from: 'measured' | 'remembered';
    }
  | {
      readonly type: 'write';
      readonly knob: string;
      readonly target: WriteTarget;
      readonly raw: string;
      readonly reason: string;
    }
  | {
      readonly type: 'write-result';
      readonly knob: string;
      readonly effective: string | null;
      readonly error: string | null;
    }
  | { readonly type: 'inert'; readonly knob: string; readonly reason: string }
  | {
      readonly type: 'router-started';
      readonly settings: Readonly<Record<string, KnobValue>>;
      readonly effectiveRcvbufBytes: number | null;
      readonly readyAfterMs: number;
      readonly pids: readonly number[];
    }
  | { readonly type: 'trial'; readonly trial: TrialRecord }
  | {
      readonly type: 'measured';
      readonly label: string;
      readonly metric: Metric;
      readonly value: Interval;
      /** The least load that the generators could not offer, where nothing was too much for the router: the value is "at least". */
      readonly unreachable?: number;
      /** The trials behind it, in their order. Journals of earlier versions do not have it. */
      readonly loads?: readonly { readonly load: number; readonly carried: boolean }[];
      readonly wallMs: number;
    }
  | {
      readonly type: 'proposed';
      readonly candidate: number;
      readonly configuration: Configuration;
      readonly from: string;
    }
  | { readonly type: 'rejected'; readonly candidate: number; readonly reason: string }
  /** After so many candidates; an interrupted search ends without it. */
  | { readonly type: 'search-ended'; readonly candidates: number; readonly reason: string }
  | {
      readonly type: 'best';
      readonly label: string;
      readonly configuration: Configuration;
      readonly metric: Metric;
      readonly value: Interval;
    }
  /** Whether the load is carried no more with all of these as they are today. */
  | {
      readonly type: 'put-back';
      readonly knobs: readonly string[];
      readonly metric: Metric;
      readonly load: number;
      readonly needed: boolean;
    }
  | {
      readonly type: 'netperf';
      readonly label: string;
      readonly result: Readonly<Record<string, number>> | null;
      readonly absent: string | null;
    }
  /** An answer of the test bed: with these a campaign that was killed can be run again up to there. */
  | ({ readonly type: 'step' } & Step)
  /** Goes on in the same journal; the first `steps` steps count, later ones are void. */
  | {
      readonly type: 'resumed';
      readonly pid: number;
      readonly steps: number;
      readonly trials: number;
      readonly usedMs: number;
    }
  /** A resumed campaign asked for something else than its journal has: steps from there on are void. */
  | { readonly type: 'parted'; readonly steps: number }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'restored'; readonly complete: boolean; readonly failures: readonly string[] }
  | {
      readonly type: 'campaign-finished';
      readonly verdict: 'improved' | 'not-proven' | 'aborted';
      readonly reason: string;
    }
);

/** Distributes over the union, so that `type` still discriminates without `at`. */
type WithoutTime<E> = E extends unknown ? Omit<E, 'at'> : never;
export type NewEvent = WithoutTime<CampaignEvent>;

/** Takes an event; resolves once those listeners that must be durable have it on disk. */
export type Emit = (event: NewEvent) => Promise<void>;

// What a campaign is to improve, as the questions that it asks of the configuration in force. A sibling for each kind of answer: the
// most that is carried, what becomes of the calls of a given rate, the least memory that carries that rate.
import type { LoadClass } from '../../capacity/search-limit.ts';
import type { Configuration } from '../../knobs/knob.ts';
import type { LoadPlan } from '../../load/load.ts';
import type { Metric } from '../../scenario/scenario.ts';
import type { Interval } from '../../stats/interval.ts';
import type { Campaign } from '../campaign.ts';
import type { Measured } from '../findings.ts';
import type { ProofMethod } from '../proof/proof-method.ts';

/** To rank, to hold something to it, or to tell it to people. */
export type Closeness = 'coarse' | 'fair' | 'close';

export interface Raced {
  /** "carried": it seems to be better than what it was to beat. */
  readonly seen: LoadClass;
  /** Where it was not: about what it is worth. */
  readonly suggested: number;
  /** In words, where it was not. */
  readonly why: string;
}

/** A candidate that was seen to be better, and what it was better than. */
export interface Challenge {
  readonly candidate: Measured;
  readonly toBeat: number;
  /** What the best so far is worth by now. */
  readonly best: () => number;
  readonly deadlineMs: number;
}

/** What a value is worth is in proportion to it, or to its inverse where less is better: bigger is better, and 0 is nothing. */
export interface Aim {
  readonly metric: Metric;
  /** Of the loads under which it is measured. */
  readonly shape: LoadPlan['shape'];
  /** About how long one trial takes, ms. */
  readonly trialMs: number;
  /** Settings from which its value follows, whatever gives way in trials. */
  readonly decidedBy: readonly string[];
  /** A candidate is measured when it seems to be so many times as good as the best. */
  readonly worthMeasuring: number;
  worthOf(value: number): number;
  valueFor(worth: number): number;
  /** Why a configuration is not worth so much, where that is known without a trial. */
  known(
    campaign: Campaign,
    configuration: Configuration,
    toBeat: number,
  ): Pick<Raced, 'suggested' | 'why'> | null;
  /** Why nothing can be worth more, in words; null: something may be. */
  perfect(campaign: Campaign, worth: number): string | null;
  /** No more trials than it takes to see that a candidate is not worth so much. */
  race(campaign: Campaign, candidate: Measured, toBeat: number): Promise<Raced>;
  /** Measures the configuration in force, and files what is found. */
  measure(
    campaign: Campaign,
    measured: Measured,
    deadlineMs: number,
    closeness?: Closeness,
  ): Promise<Interval>;
  /** Measures it as closely as it takes to tell it from the best; what it is worth. */
  measureBetter(campaign: Campaign, challenge: Challenge): Promise<number>;
  /** What something that was measured is worth, less what the measurement may be wrong by. */
  safeWorth(value: Interval): number;
  /** Whether the configuration in force is still worth so much. */
  isAsGood(campaign: Campaign, side: Measured, worth: number): Promise<boolean>;
  readonly proof: ProofMethod;
}

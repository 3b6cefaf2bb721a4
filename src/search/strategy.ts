// What the samplers differ in: which configurations they would like to try next. Everything that they have in common (constraints,
// nothing twice, small spaces, batches) is in create-sampler.ts.
import type { Limiter } from '../campaign/verdict.ts';
import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import type { Random } from '../stats/random.ts';
import type { Step } from './local-steps.ts';
import type { Point } from './space.ts';

export interface Space {
  readonly knobs: readonly KnobInPlay[];
  /** Today's values. */
  readonly start: Configuration;
  readonly random: Random;
  /** What a candidate costs, ms: a trial, and a restart where one of its changes needs one. */
  readonly costs: Costs;
  /** Knobs that matter whatever gave way, by name. */
  readonly always: ReadonlySet<string>;
}

export interface Costs {
  readonly trialMs: number;
  readonly restartMs: number;
}

/** One configuration of which scores were told. */
export interface Seen {
  readonly configuration: Configuration;
  readonly point: Point;
  /** The mean of what was told; -Infinity where it failed. */
  readonly score: number;
  readonly limiters: readonly Limiter[];
}

export interface SearchState {
  /** How many proposals were asked for, this one included. */
  readonly asked: number;
  /** In the order in which they were first told. */
  readonly seen: readonly Seen[];
  /** The seen one with the best score, or today's configuration, with -Infinity, as long as nothing has a score. */
  readonly best: Seen;
  /** Proposed, and nothing told yet. */
  readonly pending: readonly Point[];
}

/** A wish: it may be inconsistent, outside of a range, or known already. */
export interface Draft {
  readonly configuration: Configuration;
  /** Where it comes from; a function is given what the constraints made of it. */
  readonly from: string | ((configuration: Configuration) => string);
  /** How it was reached from the best, for strategies that learn which moves pay. */
  readonly step?: Step;
}

export interface Outcome {
  /** As it was proposed. */
  readonly configuration: Configuration;
  readonly step: Step | undefined;
  readonly score: number;
  /** The best score when it was proposed. */
  readonly toBeat: number;
}

export interface Strategy {
  /** The likeliest first; the first that can be tried is proposed, and the others are forgotten. */
  drafts(state: SearchState): Iterable<Draft>;
  /** Of a proposal of its own. */
  learn?(outcome: Outcome): void;
  /** The knobs that may be changed at all; absent: all of them. */
  searched?(state: SearchState): readonly KnobInPlay[];
}

export type CreateStrategy = (space: Space) => Strategy;

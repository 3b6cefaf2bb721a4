// A landscape: a simulated router with its machine, as data. What its settings do is worked out in router-of.ts.
import type { ConstraintFacts } from '../knobs/constraints.ts';
import type { Configuration, Knob, KnobInPlay } from '../knobs/knob.ts';
import type { LimitObjective, LoadSpec } from '../scenario/scenario.ts';
import type { LandscapeName } from './landscape-names.ts';
import type { QueueingRouter } from './queueing-router.ts';

export interface SimulatedMachine {
  /** CPUs that the router has. */
  readonly cpus: number;
  /** CPU time of a call with a single worker and the fastest memory manager, ms. */
  readonly callMs: number;
  /** Waiting (locks, wake-ups) for each ms of CPU time: with too few workers the CPUs are not used. */
  readonly waitShare: number;
  /** What each further worker adds to the CPU time of all: they wake each other up for the same datagram. */
  readonly contention: number;
  /** CPU time with a memory manager, as a factor. */
  readonly allocators: Readonly<Record<string, number>>;
  readonly baseDelayMs: number;
  /** How fast the calls of a burst come, calls/ms. */
  readonly burstCallsPerMs: number;
  /** What the receive softirq hands on, packets/ms; undefined: packets never wait for it. */
  readonly softirqPacketsPerMs?: number;
  /** The router's link, packets/ms; undefined: packets never wait for it. */
  readonly egressPacketsPerMs?: number;
  readonly storm?: NonNullable<QueueingRouter['storm']>;
}

export interface Landscape {
  readonly name: LandscapeName;
  /** One sentence: what is special about it. */
  readonly summary: string;
  readonly machine: SimulatedMachine;
  /** What the system has before anything is tuned. */
  readonly today: Configuration;
  readonly knobs: readonly KnobInPlay[];
  /** Settings that do nothing here, whatever their values: the router works as with today's. */
  readonly ignored: readonly string[];
  /** Knobs that no real system has, and that are in no catalogue. */
  readonly ownKnobs?: readonly Knob[];
  /** What it is about, and what counts as carried. */
  readonly objective: LimitObjective;
  readonly load: Pick<LoadSpec, 'holdMs' | 'warmupMs' | 'windowMs' | 'arrivals'>;
  readonly constraintFacts: ConstraintFacts;
}

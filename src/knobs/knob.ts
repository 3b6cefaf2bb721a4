// A knob: one setting as data. Code only reads and writes; everything that is known about a knob stands here.
import type { Limiter } from '../campaign/verdict.ts';
import type { RouterSettingName } from '../routers/router.ts';

/**
 * A value as the system holds it. Numbers where they are exact; text for anything else
 * (kernel.shmmax's default does not fit a double, and a restore must write back what was read).
 */
export type KnobValue = number | string;

/** A value for each knob in play, by knob name. */
export type Configuration = Readonly<Record<string, KnobValue>>;

export type Unit =
  | 'bytes'
  | 'packets'
  | 'connections'
  | 'pages'
  | 'MiB'
  | 'processes'
  | 'bytes (segment)'
  | 'name';

/** Where a write is felt: the whole host, the router's network namespace, one device, or the router's processes. */
export type Scope = 'host' | 'netns' | 'device' | 'process';

/** What a change costs: nothing, the re-creation of a queue, or a restart of the router. */
export type ChangeCost = 'live' | 'qdisc' | 'restart';

export type Access =
  | { readonly via: 'sysctl'; readonly key: string }
  | { readonly via: 'txqueuelen' }
  | { readonly via: 'router'; readonly setting: RouterSettingName };

/** What gives way where this knob is wrong, and which way it moves to relieve that. */
export interface Signal {
  readonly limiter: Limiter;
  readonly relief: 'more' | 'less' | 'either';
}

export interface Knob {
  readonly name: string;
  /** What it does, in one or two sentences, for an operator. */
  readonly summary: string;
  readonly unit: Unit;
  readonly scope: Scope;
  readonly access: Access;
  readonly changeCost: ChangeCost;
  /** Hard bounds: no scenario, contender or sampler may write outside them. */
  readonly bounds: { readonly min: number; readonly max: number };
  /** Where the search looks by default. */
  readonly search: { readonly min: number; readonly max: number; readonly scale: 'log' | 'linear' };
  /** A knob whose values are names has them here; its bounds and its range are then places in this list, from 0. */
  readonly choices?: readonly string[];
  /** A search that is led by limiters leaves the knob alone while none of these moves; absent: nothing is known, it always takes part. */
  readonly signals?: readonly Signal[];
  /** Another knob that must be written with this one (kernel.shmall with kernel.shmmax). */
  readonly derives?: string;
  /** Kernel or router documentation that this entry rests on. */
  readonly source: string;
}

/** A knob that takes part in a campaign, with the range the scenario gave it. */
export interface KnobInPlay {
  readonly knob: Knob;
  readonly min: number;
  readonly max: number;
  /** The names that this target has, for a knob with choices; `min` and `max` are places in this list. */
  readonly choices?: readonly string[];
}

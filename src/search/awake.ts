// Which knobs can matter, by what gave way so far: a knob whose signal never moved earns no trials.
import type { Limiter } from '../campaign/verdict.ts';
import type { KnobInPlay } from '../knobs/knob.ts';
import type { SearchState } from './strategy.ts';

/** Everything that gave way in any trial that was told. */
export function limitersSeen({ seen }: SearchState): ReadonlySet<Limiter> {
  return new Set(seen.flatMap(({ limiters }) => limiters));
}

/** All of them as long as nothing gave way, or where no counter explained what did. */
export function isAwake({ knob }: KnobInPlay, moved: ReadonlySet<Limiter>): boolean {
  if (knob.signals === undefined || moved.size === 0 || moved.has('unknown')) return true;
  return knob.signals.some(({ limiter }) => moved.has(limiter));
}

/** Which way the knob relieves the limiter; null: not at all, as far as is known. */
export function reliefOf({ knob }: KnobInPlay, limiter: Limiter): 'more' | 'less' | 'either' | null {
  return knob.signals?.find((signal) => signal.limiter === limiter)?.relief ?? null;
}

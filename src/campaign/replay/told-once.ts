// What a campaign says while it is run again is in its journal already: nothing is written twice.
import type { Emit, NewEvent } from '../events.ts';
import type { History } from './history.ts';

export interface ToldOnceDeps {
  readonly history: History;
  readonly emit: Emit;
  /** Gets what was said before, for a screen that must know it. */
  readonly onPast?: (event: NewEvent) => void;
  readonly isLive: () => boolean;
}

export function toldOnce({ history, emit, onPast, isLive }: ToldOnceDeps): Emit {
  const past = history.events.map(identity);
  let next = 0;
  return async (event) => {
    const found = isLive() ? -1 : past.indexOf(identity(event), next);
    if (found === -1) return emit(event);
    next = found + 1;
    onPast?.(event);
  };
}

/** Without what differs from one telling to the next. */
function identity(event: NewEvent): string {
  const { at: _at, pid: _pid, wallMs: _wallMs, ...rest } = event as Record<string, unknown>;
  return JSON.stringify(rest);
}

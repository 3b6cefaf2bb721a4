// A clock that only moves when somebody waits on it or advances it: a campaign of minutes runs in milliseconds.
import type { Clock } from '../../src/clock.ts';

export interface FakeClock extends Clock {
  advance(ms: number): void;
}

export function createFakeClock(startIso = '2026-01-01T00:00:00Z'): FakeClock {
  const epochMs = Date.parse(startIso);
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    date: () => new Date(epochMs + nowMs),
    sleep: async (ms) => {
      nowMs += ms;
    },
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

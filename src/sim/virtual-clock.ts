// A clock whose time passes only when a simulation says so.
import type { Clock } from '../clock.ts';

export interface VirtualClock extends Clock {
  advance(ms: number): void;
}

/** Durations are virtual; dates, which are for the record, are real. */
export function createVirtualClock(real: Pick<Clock, 'date'>, startMs = 0): VirtualClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    date: () => real.date(),
    sleep: async (ms) => {
      nowMs += ms;
    },
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

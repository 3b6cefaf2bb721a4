// The campaign's own clock: it counts from the campaign's beginning, stands still while the campaign was dead, and says the same
// again when the campaign is run again.
import type { Clock } from '../../clock.ts';

export interface CampaignClock extends Clock {
  /** What was read since this was last asked. */
  takeReads(): readonly number[];
  /** The next readings, and where time stands when they are used up. */
  replay(reads: readonly number[], standsAtMs: number): void;
  /** From now on it runs. */
  goLive(): void;
}

/** Microseconds: what is in the journal is exactly what the campaign was told. */
const PER_MS = 1_000;

/** `startedAt` is the first date that it says; null: now. */
export function createCampaignClock(real: Clock, startedAt: Date | null): CampaignClock {
  let reads: number[] = [];
  let queue: number[] = [];
  let standsAtMs = 0;
  let liveSinceMs: number | null = null;

  const current = () => (liveSinceMs === null ? standsAtMs : standsAtMs + real.nowMs() - liveSinceMs);
  return {
    nowMs() {
      const ms = queue.shift() ?? Math.round(current() * PER_MS) / PER_MS;
      reads.push(ms);
      return ms;
    },
    date: () => (liveSinceMs === null && startedAt !== null ? startedAt : real.date()),
    sleep: (ms, signal) => real.sleep(ms, signal),
    takeReads() {
      const taken = reads;
      reads = [];
      return taken;
    },
    replay(next, atMs) {
      queue = [...next];
      standsAtMs = atMs;
    },
    goLive() {
      queue = [];
      liveSinceMs = real.nowMs();
    },
  };
}

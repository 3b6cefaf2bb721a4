// How evenly the calls were really begun, from the snapshots that SIPp wrote meanwhile (finer than its 1 s screens).
import type { CallOrder } from './sipp-argv.ts';
import type { SippSnapshot } from './sipp-csv.ts';

export interface Pace {
  /** From the first counted call to the last, ms. */
  readonly offeredForMs: number;
  readonly achievedRateCps: number;
}

/** Of the time of an offer, the part that tells whether it ended late. */
const ENDING_SHARE = 0.1;

export function begunIn(row: SippSnapshot | undefined): number {
  return row?.counters.begun ?? 0;
}

/** `rows` begin with the last snapshot before the first counted call. */
export function measurePace(rows: readonly SippSnapshot[]): Pace {
  const total = begunIn(rows.at(-1));
  const last = rows.findIndex((row) => begunIn(row) === total);
  const during = rows.slice(0, last + 1);
  const first = during[0];
  const end = during.at(-1);
  if (total === 0 || !first || !end) return { offeredForMs: 0, achievedRateCps: 0 };

  // The first and the last interval hold an unknown idle share, so the rate is taken between them where that is possible.
  const a = during[1];
  const b = during.at(-2);
  const inside = a && b ? { calls: begunIn(b) - begunIn(a), ms: b.atMs - a.atMs } : { calls: 0, ms: 0 };
  const { calls, ms } =
    inside.calls > 0 && inside.ms > 0 ? inside : { calls: total, ms: end.atMs - first.atMs };
  const perMs = ms > 0 ? calls / ms : 0;
  return { offeredForMs: perMs > 0 ? total / perMs : 0, achievedRateCps: perMs * 1000 };
}

/** Of calls that are not evenly spaced, only the whole says how fast they came: the plan's rate, unless they took longer. */
export function scheduledPace(rows: readonly SippSnapshot[], { plan, schedule }: CallOrder): Pace {
  const total = begunIn(rows.at(-1));
  if (total === 0 || !schedule || plan.shape !== 'steady') return { offeredForMs: 0, achievedRateCps: 0 };
  const lateMs = behindSchedule(rows, schedule.countedAtMs);
  const spanMs = schedule.countedAtMs[total - 1] ?? 0;
  return {
    offeredForMs: spanMs + lateMs,
    achievedRateCps: (total * 1_000) / (plan.windowMs + lateMs),
  };
}

/**
 * How much later than their times the last calls were begun, taken from those of which there is no doubt. Snapshots are too rare
 * to tell it from the first call and the last; but each of them says which call had been begun by then, and which had not.
 */
export function behindSchedule(rows: readonly SippSnapshot[], countedAtMs: Float64Array): number {
  const total = begunIn(rows.at(-1));
  const during = rows.filter((row) => begunIn(row) > 0 && begunIn(row) < total);
  const dueMs = (call: number) => countedAtMs[call] ?? 0;
  const last = rows.find((row) => begunIn(row) === total);
  if (total === 0 || last === undefined) return 0;
  // Calls are never early: the least of these is at most the lateness of that call after the time that the plan begins.
  const planMs = Math.min(...[...during, last].map((row) => row.atMs - dueMs(begunIn(row) - 1)));
  // The next call was begun after this snapshot.
  const ending = during.filter((row) => dueMs(begunIn(row)) >= dueMs(total - 1) * (1 - ENDING_SHARE));
  const lateAtLeast = Math.max(0, ...ending.map((row) => row.atMs - dueMs(begunIn(row)) - planMs));
  // What was made up for before the end is not late any more.
  return Math.min(lateAtLeast, last.atMs - dueMs(total - 1) - planMs);
}

/** Longest time between two snapshots: SIPp is one thread, so meanwhile it began no call and read no message. */
export function longestGapMs(rows: readonly SippSnapshot[]): number {
  let longest = 0;
  rows.forEach((row, index) => {
    const before = rows[index - 1];
    if (before) longest = Math.max(longest, row.atMs - before.atMs);
  });
  return longest;
}

// How evenly the calls were really begun, from the snapshots that SIPp wrote meanwhile (finer than its 1 s screens).
import type { CallOrder } from './sipp-argv.ts';
import type { SippSnapshot } from './sipp-csv.ts';

export interface Pace {
  /** From the first counted call to the last, ms. */
  readonly offeredForMs: number;
  readonly achievedRateCps: number;
}

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
  const last = rows.find((row) => begunIn(row) === total);
  if (total === 0 || !rows[0] || !last || !schedule || plan.shape !== 'steady')
    return { offeredForMs: 0, achievedRateCps: 0 };
  const offeredForMs = last.atMs - rows[0].atMs;
  const windowMs = plan.windowMs + Math.max(0, offeredForMs - schedule.spanMs);
  return { offeredForMs, achievedRateCps: (total * 1_000) / windowMs };
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

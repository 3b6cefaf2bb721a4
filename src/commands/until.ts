// --until: a campaign that ends, restored and reported, inside a maintenance window.
import { DEADLINE_REACHED } from '../campaign/interruption.ts';
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import { LEAST_BUDGET_MS } from '../scenario/units.ts';

/** A budget is overrun by the trial that runs at its end; then come restore and report. */
const AFTER_BUDGET_MS = 45_000;
/** Whatever still runs then is stopped. */
const RESTORE_MS = 20_000;
const CHECK_MS = 1_000;

const CLOCK_TIME = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:?\d{2})?$/;

/** "05:30" is the next time that clocks here show it; an ISO time without a zone is local as well. */
export function parseUntil(text: string, now: Date): Date {
  const time = CLOCK_TIME.exec(text.trim());
  if (time) {
    const [hours, minutes, seconds] = [Number(time[1]), Number(time[2]), Number(time[3] ?? 0)];
    const next = new Date(now);
    next.setHours(hours, minutes, seconds, 0);
    if (next.getTime() <= now.getTime()) {
      next.setDate(next.getDate() + 1);
      // Once more, for the day may have another offset.
      next.setHours(hours, minutes, seconds, 0);
    }
    return next;
  }
  const date = ISO_TIME.test(text.trim()) ? new Date(text.trim().replace(' ', 'T')) : null;
  if (date === null || Number.isNaN(date.getTime()))
    throw new UserError(`"${text}" is not a time: write e.g. 05:30 (the next one) or 2026-03-01T05:30`);
  if (date.getTime() <= now.getTime()) throw new UserError(`${text} is past: it is ${local(now)} here`);
  return date;
}

/** The budget that ends in time; refuses when too little is left for any campaign. */
export function budgetUntil(until: Date, now: Date, budgetMs: number): number {
  const leftMs = until.getTime() - now.getTime();
  const mostMs = leftMs - AFTER_BUDGET_MS;
  if (mostMs < LEAST_BUDGET_MS)
    throw new UserError(
      `--until ${local(until)} is ${duration(leftMs)} away (it is ${local(now)}): a campaign needs ${duration(LEAST_BUDGET_MS)}, ` +
        `and ${duration(AFTER_BUDGET_MS)} to put everything back and report. Give it a later time`,
      EXIT.usage,
    );
  return Math.min(budgetMs, mostMs);
}

/** Stops what still runs when only the time for the restore is left. By the wall clock, as the window is. */
export function createDeadline(until: Date, clock: Clock): { readonly signal: AbortSignal; stop(): void } {
  const reached = new AbortController();
  const stopped = new AbortController();
  const watch = async () => {
    while (!stopped.signal.aborted) {
      if (clock.date().getTime() >= until.getTime() - RESTORE_MS) return reached.abort(DEADLINE_REACHED);
      await clock.sleep(CHECK_MS, stopped.signal);
    }
  };
  void watch();
  return { signal: reached.signal, stop: () => stopped.abort() };
}

/** "2026-03-01 05:30:00", as clocks here show it. */
function local(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60 === 0 ? '' : `${seconds % 60}s`}`;
}

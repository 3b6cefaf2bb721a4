// --until: the next such time, the budget that fits before it, and the stop when only the restore fits.
import { expect, test } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { budgetUntil, createDeadline, parseUntil } from '../../src/commands/until.ts';
import { UserError } from '../../src/errors.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const evening = new Date(2026, 2, 1, 22, 10, 5);
const MINUTE = 60_000;

test('a time of the day is its next occurrence, here', () => {
  expect(parseUntil('23:30', evening)).toEqual(new Date(2026, 2, 1, 23, 30));
  expect(parseUntil('05:30', evening)).toEqual(new Date(2026, 2, 2, 5, 30));
  expect(parseUntil('5:30:15', evening)).toEqual(new Date(2026, 2, 2, 5, 30, 15));
  expect(parseUntil('22:10', evening)).toEqual(new Date(2026, 2, 2, 22, 10));
  expect(parseUntil('05:30', new Date(2026, 11, 31, 22, 0))).toEqual(new Date(2027, 0, 1, 5, 30));
});

test('an ISO time is local without a zone, and exact with one', () => {
  expect(parseUntil('2026-03-02T05:30', evening)).toEqual(new Date(2026, 2, 2, 5, 30));
  expect(parseUntil('2026-03-02 05:30', evening)).toEqual(new Date(2026, 2, 2, 5, 30));
  expect(parseUntil('2026-03-03T05:30Z', evening).toISOString()).toBe('2026-03-03T05:30:00.000Z');
});

test.each(['', 'soon', '24:00', '05:60', '5', '2026-13-01T05:30', '05:30; reboot', '2026-03-02'])(
  '%j is no time',
  (text) => expect(() => parseUntil(text, evening)).toThrow(UserError),
);

test('a time that is past is said with the time that it is', () => {
  expect(() => parseUntil('2026-03-01T22:10', evening)).toThrow(/is past: it is 2026-03-01 22:10:05/);
});

test('the budget is shortened to what is left, less the time to restore and report', () => {
  const inMinutes = (minutes: number) => new Date(evening.getTime() + minutes * MINUTE);
  expect(budgetUntil(inMinutes(60), evening, 7 * MINUTE)).toBe(7 * MINUTE);
  const shortened = budgetUntil(inMinutes(6), evening, 7 * MINUTE);
  expect(shortened).toBeGreaterThanOrEqual(5 * MINUTE);
  expect(shortened).toBeLessThan(6 * MINUTE - 30_000);
});

test('with less than the least budget left it is refused, with what was seen', () => {
  const soon = new Date(evening.getTime() + 3.5 * MINUTE);
  expect(() => budgetUntil(soon, evening, 7 * MINUTE)).toThrow(
    /--until 2026-03-01 22:13:35 is 3m30s away \(it is 2026-03-01 22:10:05\): a campaign needs 3m, and 45s/,
  );
});

/** Waits give way to whoever else runs, which the fake clock's own do not. */
function yielding(): Clock & { advance(ms: number): void } {
  const clock = createFakeClock();
  return { ...clock, sleep: () => new Promise((resolve) => setImmediate(resolve)) };
}

test('what still runs is stopped in time for the restore, with the reason', async () => {
  const clock = yielding();
  const until = new Date(clock.date().getTime() + 5 * MINUTE);
  const deadline = createDeadline(until, clock);
  clock.advance(4 * MINUTE);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(deadline.signal.aborted).toBe(false);
  clock.advance(45_000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(deadline.signal.aborted).toBe(true);
  expect(deadline.signal.reason).toMatch(/--until/);
});

test('a campaign that is done stops its deadline', async () => {
  const clock = yielding();
  const deadline = createDeadline(new Date(clock.date().getTime() + 5 * MINUTE), clock);
  deadline.stop();
  clock.advance(10 * MINUTE);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(deadline.signal.aborted).toBe(false);
});

// Keeps, of each configuration, how the calls of the real phone fared in trials that SIPp says were carried.
import { type Counts, failsMoreOften } from '../stats/fisher-exact.ts';
import type { Findings, Measured } from './findings.ts';
import type { TestBed } from './test-bed.ts';

/** So seldom may the phone be said to fare worse where it does not. */
const ALPHA = 0.01;
const NONE: Counts = { calls: 0, failed: 0 };

/** The same bed; what its phone saw goes into the findings. */
export function notingPhone(bed: TestBed, { phone }: Pick<Findings, 'phone'>): TestBed {
  return {
    ...bed,
    async offer(label, plan) {
      const trial = await bed.offer(label, plan);
      if (trial.verdict.state === 'carried' && trial.ua !== null) {
        const { calls, failed } = phone.get(label) ?? NONE;
        phone.set(label, { calls: calls + trial.ua.calls, failed: failed + trial.ua.failed });
      }
      return trial;
    },
  };
}

/** Generators may be content where a phone is not: why this is no improvement, or null. */
export function phoneObjection(
  { phone }: Pick<Findings, 'phone'>,
  current: Measured,
  other: Measured,
): string | null {
  const [todays, its] = [current, other].map(({ label }) => phone.get(label) ?? NONE) as [Counts, Counts];
  return failsMoreOften(todays, its) < ALPHA
    ? `more calls of the real phone failed with it: ${its.failed} of ${its.calls}, ${todays.failed} of ${todays.calls} with today's`
    : null;
}

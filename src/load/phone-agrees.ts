// Two views of the same load: SIPp's samples, and the calls of a real user agent in the midst of them. Where they differ by
// more than chance, one of the two measures itself, and an operator should know.
import type { SetupMs } from '../campaign/verdict.ts';
import type { PhoneReport } from './ua.ts';

/** Fewer calls tell nothing of a median. */
const MIN_CALLS = 10;
const RATIO = 2;
/** Ticks of SIPp's clock, and turns of the phone's event loop. */
const MIN_DIFFERENCE_MS = 15;
/** Of the phone's calls, where SIPp's were carried: one of its messages that is lost is not sent again. */
const MAX_FAILED_SHARE = 0.05;

/** In what they disagree, or null. */
export function phoneDisagreement(
  phone: Extract<PhoneReport, { state: 'reported' }>,
  sipp: { readonly setupMs: SetupMs | null; readonly loss: number },
): string | null {
  if (phone.calls < MIN_CALLS || sipp.setupMs === null) return null;
  const failedShare = phone.failed / phone.calls;
  if (failedShare > MAX_FAILED_SHARE && failedShare > sipp.loss * RATIO)
    return `${phone.failed} of the phone's ${phone.calls} calls failed, where SIPp lost ${(sipp.loss * 100).toFixed(2)} %`;
  if (phone.completed < MIN_CALLS) return null;
  const [theirs, its] = [sipp.setupMs.p50, phone.setupMs.p50];
  const [low, high] = [Math.min(theirs, its), Math.max(theirs, its)];
  return high > low * RATIO && high - low > MIN_DIFFERENCE_MS
    ? `median setup delay is ${its.toFixed(0)} ms for the phone and ${theirs.toFixed(0)} ms for SIPp`
    : null;
}

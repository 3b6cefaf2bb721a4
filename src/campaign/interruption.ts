// Why a campaign was stopped from outside: by its operator, or by the end of the time that its operator gave.

const BY_OPERATOR = 'interrupted';
const BY_DEADLINE = 'stopped at the time given with --until';

/** For `AbortController.abort()`. */
export const DEADLINE_REACHED = BY_DEADLINE;

export function interruptionOf(signal: AbortSignal): string {
  return signal.reason === BY_DEADLINE ? BY_DEADLINE : BY_OPERATOR;
}

/** As told from other reasons for an end without a verdict. */
export function isInterruption(reason: string): boolean {
  return reason === BY_OPERATOR || reason === BY_DEADLINE;
}

// The time of a campaign, planned as a whole: each part gets its share, so that the proof is never starved by the search.
import type { Clock } from '../clock.ts';

/** Shares of the whole budget; what a part does not use, the later ones may. Restore and report take the rest. */
const SHARES = { baseline: 0.19, contenders: 0.12, search: 0.2, minimise: 0.15, confirm: 0.34 } as const;
export type BudgetPart = keyof typeof SHARES;

/** The search keeps at least this part of its share, however much the proof would like to have. */
const LEAST_OF_SEARCH = 0.5;

/** Kept for restore, report and the trial that is running when the time is up. */
const RESERVE_SHARE = 0.04;

export interface Budget {
  readonly totalMs: number;
  /** The end of the whole budget, clock time. */
  readonly endMs: number;
  usedMs(): number;
  leftMs(): number;
  /** When `part` must end: the sum of the shares up to and including it, in clock time. */
  deadlineMs(part: BudgetPart): number;
  /** True when a step that takes `stepMs` would not end by the deadline. */
  tooLate(deadlineMs: number, stepMs: number): boolean;
}

/** `proofMs`: what the proof is expected to take; search and minimising end early enough for it. */
export function createBudget(totalMs: number, clock: Clock, proofMs: number): Budget {
  const startMs = clock.nowMs();
  const usableMs = totalMs * (1 - RESERVE_SHARE);
  const order: readonly BudgetPart[] = ['baseline', 'contenders', 'search', 'minimise', 'confirm'];
  const sum = order.reduce((total, part) => total + SHARES[part], 0);
  const shareEndMs = (part: BudgetPart) => {
    const upTo = order.slice(0, order.indexOf(part) + 1).reduce((total, p) => total + SHARES[p], 0);
    return startMs + (usableMs * upTo) / sum;
  };
  const proofBeginMs = startMs + usableMs - proofMs;
  const minimiseMs = (usableMs * SHARES.minimise) / sum;
  const searchEndMs = () => {
    const [begin, end] = [shareEndMs('contenders'), shareEndMs('search')];
    return Math.max(begin + (end - begin) * LEAST_OF_SEARCH, Math.min(end, proofBeginMs - minimiseMs));
  };
  const endMs: Readonly<Record<BudgetPart, () => number>> = {
    baseline: () => shareEndMs('baseline'),
    contenders: () => shareEndMs('contenders'),
    search: searchEndMs,
    minimise: () => Math.max(searchEndMs(), Math.min(shareEndMs('minimise'), proofBeginMs)),
    confirm: () => shareEndMs('confirm'),
  };
  return {
    totalMs,
    endMs: startMs + totalMs,
    usedMs: () => clock.nowMs() - startMs,
    leftMs: () => startMs + totalMs - clock.nowMs(),
    deadlineMs: (part) => endMs[part](),
    tooLate: (deadlineMs, stepMs) => clock.nowMs() + stepMs > deadlineMs,
  };
}

// When a search has nothing more to find, and why.
import type { LoadClass } from '../capacity/search-limit.ts';

export interface SearchEnd {
  /** What became of a candidate. */
  note(seen: LoadClass | 'failed' | 'better' | 'known'): void;
  /** Why it ends, in words for the operator; null: it goes on. */
  reason(): string | null;
}

/** Candidates in a row that the machine, or the generators, kept from an answer: the next one would meet the same. */
const MOST_UNCLEAR = 3;
const MOST_UNREACHABLE = 3;
/** Candidates in a row that are known to be worse, and cost nothing: what proposes them has run dry. */
const MOST_KNOWN = 200;
/** Without anything better for so many candidates, and so many more for each knob. */
const PATIENCE = 20;
const PATIENCE_PER_KNOB = 1.5;

/** `patience`: undefined where it follows from the knobs. */
export function createSearchEnd(knobs: number, patience?: number): SearchEnd {
  const most = patience ?? Math.round(PATIENCE + PATIENCE_PER_KNOB * knobs);
  let [unclear, unreachable, worse, known] = [0, 0, 0, 0];
  return {
    note(seen) {
      known = seen === 'known' ? known + 1 : 0;
      if (seen === 'known') return;
      unclear = seen === 'unclear' ? unclear + 1 : 0;
      unreachable = seen === 'unreachable' ? unreachable + 1 : 0;
      worse = seen === 'better' ? 0 : worse + 1;
    },
    reason() {
      if (unclear >= MOST_UNCLEAR)
        return `the machine spoilt every trial of ${unclear} candidates in a row: nothing more can be told from here`;
      if (unreachable >= MOST_UNREACHABLE)
        return `the generators cannot offer more than the best carries (${unreachable} candidates in a row)`;
      if (known >= MOST_KNOWN) return `${known} candidates in a row could not have been better`;
      if (worse >= most) return `none of the last ${worse} candidates was better`;
      return null;
    },
  };
}

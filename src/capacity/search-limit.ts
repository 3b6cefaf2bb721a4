// Finds the largest load that is carried: brackets it from a starting guess, then halves the bracket on a log scale.
// Serves both numbers: the steady rate (capacity) and the calls at once (burst).
import type { Interval } from '../stats/interval.ts';

/**
 * What one trial at a load said. 'unreachable': the generators cannot offer so much, which says nothing about the router.
 * 'unclear': the machine spoilt every trial at it, which says nothing either.
 * 'stop' ends the search: nothing more can be learned now.
 */
export type LoadClass = 'carried' | 'overloaded' | 'unreachable' | 'unclear' | 'stop';

export interface LimitSearch {
  /** A load that was seen to be carried a moment ago: nothing below it is tried. */
  readonly carried?: number;
  /** Where to look first: what is known, or a guess. */
  readonly start: number;
  readonly min: number;
  readonly max: number;
  /** First step out of the guess, as a factor; it doubles (in log) while the bracket stays open. */
  readonly step: number;
  /** Ends when high / low is at most 1 + this. */
  readonly width: number;
  /** Verdicts that must agree before a load counts as too much: 1, or 2 (then the best of three decides). */
  readonly agreeing: 1 | 2;
  readonly classify: (load: number) => Promise<LoadClass>;
  /** True when no time is left for another trial. It is heeded once there are both a lower and an upper bound. */
  readonly outOfTime: () => boolean;
  /** Ends a search without both bounds, too, when this many trials are spent and the time is up. */
  readonly patience: number;
}

export interface LimitFound {
  /**
   * `estimate` and `low` are the largest load that was carried, `high` the smallest that was not; the largest that may be
   * tried where none was too much, so that the answer is "at least".
   */
  readonly limit: Interval;
  readonly trials: number;
  /** The bracket was closed to the width asked for. */
  readonly decided: boolean;
  /** The least load that the generators could not offer, or null: what lies above it stays unknown. */
  readonly unreachable: number | null;
}

/**
 * The answer is conservative, as the relevant lower bound of MLRsearch is (draft-ietf-bmwg-mlrsearch): a load on which
 * verdicts disagree counts as too much, and the estimate is a load that was really carried.
 */
export async function searchLimit(search: LimitSearch): Promise<LimitFound> {
  let low = search.carried ?? 0;
  let high = Number.POSITIVE_INFINITY;
  /** Loads from here on cannot be offered. */
  let ceiling = Number.POSITIVE_INFINITY;
  /** Loads from here on are not looked at again. */
  let clearBelow = Number.POSITIVE_INFINITY;
  let trials = 0;
  let stopped = false;

  const tryLoad = async (load: number): Promise<void> => {
    let overloaded = 0;
    let carried = 0;
    while (overloaded < search.agreeing && carried < search.agreeing) {
      const seen = await search.classify(load);
      if (seen === 'stop') {
        stopped = true;
        return;
      }
      if (seen === 'unreachable') {
        ceiling = Math.min(ceiling, load);
        return;
      }
      if (seen === 'unclear') {
        clearBelow = Math.min(clearBelow, load);
        return;
      }
      trials += 1;
      if (seen === 'carried') carried += 1;
      else overloaded += 1;
      // The first carried trial settles it unless an overloaded one disputes it.
      if (overloaded === 0 && carried > 0) break;
      if (trials >= search.patience && search.outOfTime()) break;
    }
    if (overloaded > carried || (overloaded === carried && overloaded > 0)) high = Math.min(high, load);
    else low = Math.max(low, load);
  };

  let load = clamp(Math.round(search.start), search.min, search.max);
  let step = search.step;
  // A bracket that is open on one side says little for the trials it took, so a few more are worth their time.
  const above = () => Math.min(high, ceiling, clearBelow);
  const closed = () => low > 0 && above() < Number.POSITIVE_INFINITY;
  while (!stopped && !((closed() || trials >= search.patience) && search.outOfTime())) {
    await tryLoad(load);
    if (stopped) break;
    if (closed()) {
      if (above() <= low * (1 + search.width) || above() - low <= 1) break;
      load = Math.round(Math.sqrt(low * above()));
      if (load <= low || load >= above()) break;
    } else if (low > 0) {
      if (low >= search.max) break;
      load = clamp(Math.round(low * step), low + 1, search.max);
      step *= step;
    } else {
      if (above() <= search.min) break;
      load = clamp(Math.round(above() / step), search.min, above() - 1);
      step *= step;
    }
  }
  const decided = low > 0 && (high <= low * (1 + search.width) || high - low <= 1);
  return {
    limit: { estimate: low, low, high: Number.isFinite(high) ? high : search.max },
    trials,
    decided,
    unreachable: Number.isFinite(ceiling) ? ceiling : null,
  };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

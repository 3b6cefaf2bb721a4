// Finds the largest load that is carried. Each trial is offered where the ones before it leave most open, all of them add up,
// and the search ends when the answer is known closely enough. Serves both numbers: the steady rate (capacity) and the calls
// at once (burst).
import type { Interval } from '../stats/interval.ts';
import type { BeliefOptions, Expectation } from './limit-belief.ts';
import { heaviestCarried, type LimitEvidence, type SeenTrial, weigh } from './limit-evidence.ts';

/**
 * What one trial at a load said. 'unreachable': the generators cannot offer so much, which says nothing about the router.
 * 'unclear': the machine spoilt every trial at it, which says nothing either.
 * 'stop' ends the search: nothing more can be learned now.
 */
export type LoadClass = 'carried' | 'overloaded' | 'unreachable' | 'unclear' | 'stop';

export interface Classified extends Pick<SeenTrial, 'cost' | 'busyShare'> {
  readonly seen: LoadClass;
}

export interface LimitSearch {
  /** A load that was seen to be carried a moment ago: it counts as a trial. */
  readonly carried?: number;
  /** Where the limit should be. It decides where the search looks, never what it answers. */
  readonly expected: Expectation;
  readonly min: number;
  readonly max: number;
  readonly scatters: BeliefOptions['scatters'];
  /** The answer is wanted to a factor of 1 + this to either side. */
  readonly width: number;
  readonly classify: (load: number) => Promise<Classified>;
  /** True when no time is left for another trial. It is heeded once there are both a lower and an upper bound. */
  readonly outOfTime: () => boolean;
  /** Ends a search without both bounds, too, when this many trials are spent and the time is up. */
  readonly patience: number;
}

export interface LimitFound {
  /**
   * `low` to `high`: where the limit is with 95 %. `estimate` is on the safe side: the limit is above it with 92 %, so that it is
   * seldom too large by more than the width, and it is never more than was really carried. Where no load was too much, `high` is
   * the largest that may be tried, so that the answer is "at least".
   */
  readonly limit: Interval;
  readonly trials: number;
  /** The answer is as close as was asked for. */
  readonly decided: boolean;
  /** The least load that the generators could not offer, or null: what lies above it stays unknown. */
  readonly unreachable: number | null;
  /** The trials behind it, in their order. */
  readonly evidence: readonly SeenTrial[];
}

const SAFE_SHARE = 0.08;
const CONFIDENCE = 0.95;
/** The answer is close enough when the limit is within its width with this probability. */
const CLOSE_SHARE = 0.75;
/**
 * No step up is larger: far above the limit a trial tells nothing but that, and is the likeliest to be spoilt. Where the router's
 * CPUs have much to spare it may be longer, up to where they would be full.
 */
const MAX_STEP = 1.5;
const MAX_IDLE_STEP = 4;
/** Each took several trials that the machine spoilt: what was carried below them has to do. */
const MAX_UNCLEAR = 2;
/** Contradictions can go on for ever. */
const MAX_TRIALS = 40;

/** What of a search is the same whoever decides how long it goes on. */
export type LimitStepsOptions = Pick<LimitSearch, 'carried' | 'expected' | 'min' | 'max' | 'scatters'>;

/** A search one trial at a time. */
export interface LimitSteps {
  /**
   * Where the next trial tells most of the limit; null when there is nothing left to try. Once both sides of it were met, `offset`
   * units of the scatter away from there, which tells of the scatter as well.
   */
  next(offset?: number): number | null;
  tell(load: number, classified: Classified): void;
  readonly trials: () => number;
  /** What all trials so far say. */
  readonly weighed: () => LimitEvidence;
  /** Some load was carried, and some was too much. */
  readonly bracketed: () => boolean;
  /** The least that may be offered was too much, the most was carried, or nothing above what was carried can be judged. */
  readonly exhausted: (width: number) => boolean;
  readonly found: (decided: boolean) => LimitFound;
}

export function createLimitSteps({
  carried: known,
  expected,
  min,
  max,
  scatters,
}: LimitStepsOptions): LimitSteps {
  const evidence: SeenTrial[] = [];
  if (known !== undefined) evidence.push({ load: known, carried: true, cost: null, busyShare: null });
  let trials = 0;
  /** Loads from here on cannot be offered. */
  let ceiling = Number.POSITIVE_INFINITY;
  /** Loads from here on are not looked at again. */
  let clearBelow = Number.POSITIVE_INFINITY;
  let unclear = 0;
  let weighed = weigh(evidence, scatters, expected);

  const mostCarried = () =>
    evidence.reduce((most, { load, carried }) => (carried ? Math.max(most, load) : most), 0);
  const leastOverloaded = () =>
    evidence.reduce(
      (least, { load, carried }) => (carried ? least : Math.min(least, load)),
      Number.POSITIVE_INFINITY,
    );
  const bound = () => Math.min(ceiling, clearBelow);
  const bracketed = () => mostCarried() > 0 && leastOverloaded() < Number.POSITIVE_INFINITY;

  return {
    trials: () => trials,
    weighed: () => weighed,
    bracketed,
    next: (offset = 0) =>
      nextLoad(
        offset !== 0 && bracketed()
          ? { ...weighed, next: weighed.next * Math.exp(offset * weighed.scatter) }
          : weighed,
        {
          ...{ min, max, carried: mostCarried(), overloaded: leastOverloaded(), bound: bound() },
          idleStep: spareOf(evidence),
          // Were the expectation right, the other side of the limit would have been met by now: each step is twice as long.
          step: Math.exp((expected.spread / 2) * 2 ** Math.max(0, evidence.length - 1)),
        },
      ),
    tell(load, { seen, cost, busyShare }) {
      if (seen === 'unreachable') ceiling = Math.min(ceiling, load);
      else if (seen === 'unclear') {
        clearBelow = Math.min(clearBelow, load);
        unclear += 1;
      } else if (seen !== 'stop') {
        trials += 1;
        evidence.push({ load, carried: seen === 'carried', cost, busyShare });
        weighed = weigh(evidence, scatters, expected);
      }
    },
    exhausted: (width) =>
      (unclear >= MAX_UNCLEAR && mostCarried() > 0) ||
      isAtAnEnd(evidence, min, max) ||
      // Where the way up is closed, the largest load below the bound is all that can be said.
      bound() <= mostCarried() * (1 + width) ||
      bound() - mostCarried() <= 1,
    found(decided) {
      const carried = mostCarried();
      const overloaded = leastOverloaded();
      const tail = (1 - CONFIDENCE) / 2;
      const safe = Math.min(weighed.quantile(SAFE_SHARE), carried);
      const estimate = carried === 0 ? 0 : Math.max(min, Math.floor(safe));
      return {
        limit: {
          estimate,
          low: carried === 0 ? 0 : Math.min(estimate, Math.floor(weighed.quantile(tail))),
          high: !Number.isFinite(overloaded)
            ? max
            : carried === 0
              ? overloaded
              : Math.max(carried, Math.ceil(weighed.quantile(1 - tail))),
        },
        trials,
        decided,
        unreachable: Number.isFinite(ceiling) ? ceiling : null,
        evidence,
      };
    },
  };
}

export async function searchLimit(search: LimitSearch): Promise<LimitFound> {
  const { width } = search;
  const steps = createLimitSteps(search);
  let decided = false;
  while (
    steps.trials() < MAX_TRIALS &&
    !((steps.bracketed() || steps.trials() >= search.patience) && search.outOfTime())
  ) {
    const load = steps.next();
    if (load === null) break;
    const classified = await search.classify(load);
    if (classified.seen === 'stop') break;
    steps.tell(load, classified);
    decided = steps.bracketed() && isClose(steps.weighed(), width);
    if (decided || steps.exhausted(width)) break;
  }
  return steps.found(decided);
}

interface Room {
  readonly min: number;
  readonly max: number;
  readonly carried: number;
  readonly overloaded: number;
  /** Loads from here on cannot be judged. */
  readonly bound: number;
  /** Factor by which the router's CPUs could do more than at the heaviest load that was carried; 1 where that is unknown. */
  readonly idleStep: number;
  /** Factor by which a search that has met one side of the limit only goes on at least. */
  readonly step: number;
}

/** Null when there is nothing left to try. */
function nextLoad(
  { next }: LimitEvidence,
  { min, max, carried, overloaded, bound, idleStep, step }: Room,
): number | null {
  const most =
    carried > 0 ? Math.min(max, Math.max(carried + 1, carried * Math.max(MAX_STEP, idleStep))) : max;
  const bold =
    carried > 0 && !Number.isFinite(overloaded)
      ? Math.max(next, carried * Math.max(step, Math.sqrt(idleStep)))
      : carried === 0 && Number.isFinite(overloaded)
        ? Math.min(next, overloaded / step)
        : next;
  const wanted = Math.round(Math.min(Math.max(bold, min), most));
  if (wanted < bound) return wanted;
  const below = Math.round(carried > 0 ? Math.sqrt(carried * bound) : bound / MAX_STEP);
  return below >= min && below < bound ? below : null;
}

function spareOf(evidence: readonly SeenTrial[]): number {
  const heaviest = heaviestCarried(evidence);
  const busyShare = heaviest?.busyShare ?? 1;
  return Math.min(MAX_IDLE_STEP, busyShare > 0 ? 1 / busyShare : MAX_IDLE_STEP);
}

/** Within the width to either side; loads are whole calls, so that neighbours are as close as it gets. */
function isClose({ quantile }: LimitEvidence, width: number): boolean {
  const [low, high] = [quantile((1 - CLOSE_SHARE) / 2), quantile((1 + CLOSE_SHARE) / 2)];
  return high <= low * (1 + width) ** 2 || Math.ceil(high) - Math.floor(low) <= 1;
}

/** The least that may be offered was too much, twice, or the most was carried. */
function isAtAnEnd(evidence: readonly SeenTrial[], min: number, max: number): boolean {
  const tooMuch = evidence.filter(({ load, carried }) => load <= min && !carried).length;
  return tooMuch >= 2 || evidence.some(({ load, carried }) => load >= max && carried);
}

// What a series of trials says about a limit: a load is carried if it is below the limit of that very trial, and the limits of
// trials scatter around the one that is looked for. Trials at all loads add up, and contradictions widen the answer instead of
// deciding it. This is how thresholds are measured in psychophysics, with a router in the place of the observer.
// Source: A. B. Watson, D. G. Pelli, "QUEST: a Bayesian adaptive psychometric method", Perception & Psychophysics 33(2), 1983.
// Pure: the same trials always give the same belief.
import { normalBelow } from '../stats/normal.ts';

export interface Outcome {
  /** Calls/s, or calls at once. */
  readonly load: number;
  readonly carried: boolean;
}

/** Where a limit is expected to be for another reason than its trials: log-normal, with room for a surprise. */
export interface Expectation {
  readonly value: number;
  /** Standard deviation of its logarithm. */
  readonly spread: number;
}

/** Where the limit may be: a grid in the logarithm of the load. */
export interface LimitBelief {
  /** Logarithm of the least load of the grid. */
  readonly from: number;
  /** Probability of each cell. */
  readonly shares: Float64Array;
  /** Logarithm of how well the trials fit together, for comparing two readings of the same trials. */
  readonly fit: number;
  /** How much the limits of trials scatter, as far as these tell: geometric mean. */
  readonly scatter: number;
}

export interface BeliefOptions {
  /** Where the limit may be at all. */
  readonly min: number;
  readonly max: number;
  /** How much the limits of trials may scatter (standard deviation of the logarithm), and how likely each is beforehand. */
  readonly scatters: readonly (readonly [scatter: number, weight: number])[];
}

/** Cells of the grid on which the limit is looked for, in the logarithm. */
const CELL = 0.004;
/** A trial that fails far below the limit (the machine paused), and one that is carried far above it. */
const FALSE_OVERLOAD = 0.004;
const FALSE_CARRIED = 0.0001;
/** Probability of a cell below which nothing is lost with it. */
const NEGLIGIBLE = 1e-7;
/** What is left for a limit that is nowhere near the one that was expected. */
const SURPRISE = 0.1;
/** Cells to either side of a load beyond which nothing depends on the distance any more. */
const REACH = Math.ceil(2 / CELL);

/** Without an expectation every order of magnitude is as likely as any other, so that the trials alone speak. */
export function believe(outcomes: readonly Outcome[], { min, max, scatters }: BeliefOptions): LimitBelief {
  const from = Math.log(min);
  const cells = Math.ceil((Math.log(max) - from) / CELL) + 1;
  const rows = scatters.map(([scatter, weight]) => {
    const logs = new Float64Array(cells).fill(Math.log(weight));
    const chances = chancesOf(scatter);
    for (const { load, carried } of outcomes) {
      const offered = Math.round((Math.log(load) - from) / CELL);
      const chance = carried ? chances.carried : chances.overloaded;
      addAround(logs, chance, offered);
    }
    return logs;
  });
  return summed(from, rows, scatters);
}

/** To each cell what its distance from the load says. */
function addAround(logs: Float64Array, chance: Float64Array, offered: number): void {
  const first = Math.min(logs.length, Math.max(0, offered - REACH));
  const end = Math.min(logs.length, Math.max(0, offered + REACH + 1));
  const [least, most] = [chance[0] as number, chance[2 * REACH] as number];
  const shift = REACH - offered;
  for (let index = 0; index < first; index += 1) logs[index] = (logs[index] as number) + least;
  for (let index = first; index < end; index += 1)
    logs[index] = (logs[index] as number) + (chance[index + shift] as number);
  for (let index = end; index < logs.length; index += 1) logs[index] = (logs[index] as number) + most;
}

function summed(
  from: number,
  rows: readonly Float64Array[],
  scatters: BeliefOptions['scatters'],
): LimitBelief {
  const cells = rows[0]?.length ?? 0;
  let top = Number.NEGATIVE_INFINITY;
  for (const logs of rows)
    for (let index = 0; index < cells; index += 1) top = Math.max(top, logs[index] as number);
  const sums = new Float64Array(cells);
  let logScatter = 0;
  for (const [row, logs] of rows.entries()) {
    let weight = 0;
    for (let index = 0; index < cells; index += 1) {
      const share = Math.exp((logs[index] as number) - top);
      sums[index] = (sums[index] as number) + share;
      weight += share;
    }
    logScatter += weight * Math.log(scatters[row]?.[0] ?? 1);
  }
  const sum = sums.reduce((a, b) => a + b, 0);
  return {
    from,
    shares: sums.map((one) => one / sum),
    fit: top + Math.log(sum),
    scatter: Math.exp(logScatter / sum),
  };
}

/** The load below which the limit is with this probability. */
export function quantile({ from, shares }: LimitBelief, share: number): number {
  let below = 0;
  for (let index = 0; index < shares.length; index += 1) {
    below += shares[index] as number;
    if (below >= share) return Math.exp(from + index * CELL);
  }
  return Math.exp(from + (shares.length - 1) * CELL);
}

/**
 * How many times the one limit the other is, where nothing is known of the one from the other. A belief as any other, with ratios in
 * the place of loads; `fit` and `scatter` mean nothing in it.
 */
export function ratioOf(one: LimitBelief, other: LimitBelief): LimitBelief {
  const [below, above] = [trimmed(one), trimmed(other)];
  const shares = new Float64Array(below.shares.length + above.shares.length - 1);
  const last = below.shares.length - 1;
  for (let i = 0; i <= last; i += 1)
    for (let j = 0; j < above.shares.length; j += 1) {
      const at = j - i + last;
      shares[at] = (shares[at] as number) + (below.shares[i] as number) * (above.shares[j] as number);
    }
  return { from: above.from - below.from - last * CELL, shares, fit: 0, scatter: Number.NaN };
}

/** Without the ends, in which there is next to nothing. */
function trimmed({ from, shares }: LimitBelief): Pick<LimitBelief, 'from' | 'shares'> {
  let first = 0;
  while (first < shares.length - 1 && (shares[first] as number) < NEGLIGIBLE) first += 1;
  let end = shares.length;
  while (end > first + 1 && (shares[end - 1] as number) < NEGLIGIBLE) end -= 1;
  const rest = shares.slice(first, end);
  const sum = rest.reduce((a, b) => a + b, 0);
  return { from: from + first * CELL, shares: rest.map((share) => share / sum) };
}

/** What is believed when two readings of the same trials, on the same grid, are equally likely before they are compared. */
export function eitherOf(one: LimitBelief, other: LimitBelief): LimitBelief {
  const share = 1 / (1 + Math.exp(other.fit - one.fit));
  return {
    ...one,
    shares: one.shares.map((own, index) => own * share + (other.shares[index] as number) * (1 - share)),
  };
}

/** The limit is known up to a factor of its own only, log-normal with this standard deviation. */
export function blurred(belief: LimitBelief, error: number): LimitBelief {
  const reach = Math.ceil((3 * error) / CELL);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, at) =>
    Math.exp(-0.5 * (((at - reach) * CELL) / error) ** 2),
  );
  const sum = kernel.reduce((a, b) => a + b, 0);
  const last = belief.shares.length - 1;
  const shares = new Float64Array(last + 1);
  for (const [at, weight] of kernel.entries())
    for (let index = 0; index <= last; index += 1) {
      const to = Math.min(last, Math.max(0, index + at - reach));
      shares[to] = (shares[to] as number) + ((belief.shares[index] as number) * weight) / sum;
    }
  return { ...belief, shares };
}

/** What follows when these are believed as well. */
export function expecting(belief: LimitBelief, expected: readonly Expectation[]): LimitBelief {
  const shares = belief.shares.slice();
  for (const { value, spread } of expected)
    for (let index = 0; index < shares.length; index += 1) {
      const z = (belief.from + index * CELL - Math.log(value)) / spread;
      const density = Math.exp(-0.5 * z * z) / (spread * Math.sqrt(2 * Math.PI));
      shares[index] =
        (shares[index] as number) * ((1 - SURPRISE) * density + SURPRISE / (shares.length * CELL));
    }
  const sum = shares.reduce((a, b) => a + b, 0);
  return { ...belief, shares: shares.map((one) => one / sum) };
}

interface Chances {
  /** Logarithms, by the distance of the limit from the load in cells, from -REACH to REACH. */
  readonly carried: Float64Array;
  readonly overloaded: Float64Array;
}

const chancesByScatter = new Map<number, Chances>();

function chancesOf(scatter: number): Chances {
  const known = chancesByScatter.get(scatter);
  if (known) return known;
  const carried = Float64Array.from({ length: 2 * REACH + 1 }, (_, index) => {
    const below = normalBelow(((index - REACH) * CELL) / scatter);
    return FALSE_CARRIED + (1 - FALSE_CARRIED - FALSE_OVERLOAD) * below;
  });
  const chances = { carried: carried.map(Math.log), overloaded: carried.map((share) => Math.log(1 - share)) };
  chancesByScatter.set(scatter, chances);
  return chances;
}

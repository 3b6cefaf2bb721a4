// How often luck alone would look this good: the permutation test on what was measured side by side.
import { createRandom, type Random } from './random.ts';

export type Sides<Block> = readonly [current: Block, candidate: Block];

export interface SwapOptions {
  readonly random: Random;
  /** Up to so many patterns all are looked at; otherwise this many, less one, are drawn. */
  readonly patterns: number;
}

/** All of up to twelve pairs, some of more. */
const USUAL_PATTERNS = 4_096;

/** Statistics that differ by rounding only are ties, and ties count against the candidate. */
const TIE = 1e-9;

/**
 * One-sided p-value of "the candidate is better than current". Both were measured in pairs of blocks; `statistic` says how much better
 * the candidate looks. If the two were equal, each pair could as well have come with its sides exchanged: p is the share of all 2^n
 * exchanges in which it looks at least as good as it did. Exact where all are looked at, and then never below 2^-n: 6 pairs
 * cannot go below 0.0156. Beyond, exchanges are drawn, the observed one counted among them.
 * Sources: R. A. Fisher, The Design of Experiments, 1935, section 21; for drawn exchanges B. Phipson, G. K. Smyth,
 * "Permutation p-values should never be zero", Stat. Appl. Genet. Mol. Biol. 9(1), 2010.
 */
export function swapPValue<Block>(
  pairs: readonly Sides<Block>[],
  statistic: (pairs: readonly Sides<Block>[]) => number,
  { random, patterns }: SwapOptions = { random: createRandom(1), patterns: USUAL_PATTERNS },
): number {
  const observed = statistic(pairs);
  if (Number.isNaN(observed)) throw new RangeError('The statistic of a permutation test is not a number');
  const isHit = (swapped: (index: number) => boolean) =>
    statistic(pairs.map(([a, b], index) => (swapped(index) ? [b, a] : [a, b]))) >= observed - TIE;
  const all = 2 ** pairs.length;
  let hits = 1;
  if (all <= patterns) {
    for (let pattern = 1; pattern < all; pattern += 1)
      if (isHit((index) => ((pattern >> index) & 1) === 1)) hits += 1;
    return hits / all;
  }
  for (let draw = 1; draw < patterns; draw += 1) {
    const flips = pairs.map(() => random() < 0.5);
    if (isHit((index) => flips[index] === true)) hits += 1;
  }
  return hits / patterns;
}

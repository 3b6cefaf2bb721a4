// How often luck alone would look this good: the sign-flip test on pairs.
import { createRandom, type Random } from './random.ts';

/** Up to here all 2^n sign patterns are counted; beyond, this many are drawn. */
const EXACT_UP_TO = 16;
const DRAWS = 99_999;
/** Sums that differ by rounding only are ties, and ties count against the candidate. */
const RELATIVE_TIE = 1e-12;

/**
 * One-sided p-value of "the candidate carries more than current", from ln(candidate / current) of each pair. If the two
 * were equal, each log ratio could as well have had the other sign; p is the share of the 2^n sign patterns whose sum is
 * at least the observed one. It is exact for n <= 16 and never below 2^-n: 4 pairs cannot go below 0.0625, 5 pairs
 * can reach 0.03125. Beyond 16 pairs, patterns are drawn (seeded), the observed one counted among them.
 * Sources: R. A. Fisher, The Design of Experiments, 1935, section 21; for drawn patterns B. Phipson, G. K. Smyth,
 * "Permutation p-values should never be zero", Stat. Appl. Genet. Mol. Biol. 9(1), 2010.
 */
export function signFlipPValue(logRatios: readonly number[], random: Random = createRandom(1)): number {
  const sizes = logRatios.map(Math.abs);
  const slack = RELATIVE_TIE * sizes.reduce((sum, size) => sum + size, 0);
  const observed = logRatios.reduce((sum, ratio) => sum + ratio, 0) - slack;
  if (Number.isNaN(observed)) throw new RangeError('A log ratio is not a number');
  if (logRatios.length <= EXACT_UP_TO) return countAtLeast(sizes, observed) / 2 ** logRatios.length;
  let hits = 0;
  for (let draw = 0; draw < DRAWS; draw += 1) {
    let sum = 0;
    for (const size of sizes) sum += random() < 0.5 ? size : -size;
    if (sum >= observed) hits += 1;
  }
  return (hits + 1) / (DRAWS + 1);
}

/** Of all sign patterns, how many sum to at least `threshold`. */
function countAtLeast(sizes: readonly number[], threshold: number): number {
  const count = (index: number, sum: number): number => {
    const size = sizes[index];
    if (size === undefined) return sum >= threshold ? 1 : 0;
    return count(index + 1, sum + size) + count(index + 1, sum - size);
  };
  return count(0, 0);
}

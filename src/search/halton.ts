// Points that fill the unit cube more evenly than random ones, in any number and any dimension.
import type { Random } from '../stats/random.ts';

/** Digits beyond this are below the resolution of any knob. */
const DIGIT_RESOLUTION = 1e-9;

/**
 * The Halton sequence, scrambled: every digit of every coordinate goes through its own random permutation, which breaks
 * the correlations that large bases show in the first points. Each call gives the next point.
 * Sources: J. H. Halton, Numerische Mathematik 2, 1960; A. B. Owen, "A randomized Halton algorithm in R",
 * arXiv:1706.02808, 2017.
 */
export function createHalton(dimensions: number, random: Random): () => number[] {
  const coordinates = firstPrimes(dimensions).map((base) => {
    const digits = Math.ceil(Math.log(1 / DIGIT_RESOLUTION) / Math.log(base));
    const permutations = Array.from({ length: digits }, () => randomPermutation(base, random));
    return (index: number) => radicalInverse(index, base, permutations);
  });
  let index = 0;
  return () => {
    const point = coordinates.map((coordinate) => coordinate(index));
    index += 1;
    return point;
  };
}

/** The index's digits mirrored at the point, each permuted; leading zeros are permuted too. */
function radicalInverse(index: number, base: number, permutations: readonly (readonly number[])[]): number {
  let rest = index;
  let place = 1;
  let value = 0;
  for (const permutation of permutations) {
    place /= base;
    value += (permutation[rest % base] ?? 0) * place;
    rest = Math.floor(rest / base);
  }
  return value;
}

/** Fisher and Yates; R. Durstenfeld, CACM 7(7), 1964. */
function randomPermutation(size: number, random: Random): number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n += 1) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

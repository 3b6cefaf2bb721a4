// Seeded random numbers: the same seed gives the same campaign. Not for secrets.

export type Random = () => number;

const MASK_64 = (1n << 64n) - 1n;
const TWO_TO_32 = 2 ** 32;

/** Numbers in [0, 1), 32 bits each. Any finite number is a seed; fractions are cut off. */
export function createRandom(seed: number): Random {
  const nextSeed = splitMix64(BigInt(Math.trunc(seed)));
  const [a, b] = [nextSeed(), nextSeed()];
  const next = xoshiro128StarStar([low32(a), low32(a >> 32n), low32(b), low32(b >> 32n)]);
  return () => next() / TWO_TO_32;
}

/**
 * xoshiro128**: 32-bit outputs from a 128-bit state that is not all zero.
 * D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", ACM Trans. Math. Softw. 47(4), 2021.
 */
export function xoshiro128StarStar(state: readonly [number, number, number, number]): () => number {
  let [s0, s1, s2, s3] = state;
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotateLeft(s3, 11);
    return result;
  };
}

/**
 * SplitMix64 spreads a small seed over the whole state, as the authors of xoshiro advise.
 * G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
 */
export function splitMix64(seed: bigint): () => bigint {
  let state = seed & MASK_64;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK_64;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
    return z ^ (z >> 31n);
  };
}

/** One of the items, each as likely as its weight. */
export function drawWeighted<T>(items: readonly T[], weightOf: (item: T) => number, random: Random): T {
  let left = random() * items.reduce((sum, item) => sum + weightOf(item), 0);
  for (const item of items) {
    left -= weightOf(item);
    if (left < 0) return item;
  }
  return items[items.length - 1] as T;
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function low32(x: bigint): number {
  return Number(x & 0xffffffffn);
}

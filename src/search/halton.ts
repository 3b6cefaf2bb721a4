// A space-filling sequence: points that leave no large hole, however early one stops.

const PRIMES = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
];

/**
 * Halton's sequence (Numerische Mathematik 2, 1960) with a random shift modulo 1 per axis (Cranley and Patterson, 1976), so
 * that seeds differ. Axes beyond the 25th are plain random.
 */
export function createHalton(dimensions: number, random: () => number): () => number[] {
  const shifts = Array.from({ length: dimensions }, random);
  let index = 0;
  return () => {
    index += 1;
    return shifts.map((shift, axis) => {
      const prime = PRIMES[axis];
      return prime === undefined ? random() : (radicalInverse(index, prime) + shift) % 1;
    });
  };
}

/** The digits of `index` in `base`, mirrored at the point. */
function radicalInverse(index: number, base: number): number {
  let inverse = 0;
  let weight = 1 / base;
  for (let rest = index; rest > 0; rest = Math.floor(rest / base)) {
    inverse += (rest % base) * weight;
    weight /= base;
  }
  return inverse;
}

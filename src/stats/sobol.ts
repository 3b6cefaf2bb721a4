// Sobol's points: a sequence that fills the unit cube more evenly than random points do, in up to 48 dimensions.
import type { Random } from './random.ts';

/**
 * A primitive polynomial over GF(2) for each dimension after the first, its coefficients as bits, and the first direction numbers.
 * Source: S. Joe, F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30,
 * 2008, table new-joe-kuo-6.
 */
const DIRECTIONS: readonly (readonly [polynomial: number, first: readonly number[]])[] = [
  [3, [1]],
  [7, [1, 3]],
  [11, [1, 3, 1]],
  [13, [1, 1, 1]],
  [19, [1, 1, 3, 3]],
  [25, [1, 3, 5, 13]],
  [37, [1, 1, 5, 5, 17]],
  [41, [1, 1, 5, 5, 5]],
  [47, [1, 1, 7, 11, 19]],
  [55, [1, 1, 5, 1, 1]],
  [59, [1, 1, 1, 3, 11]],
  [61, [1, 3, 5, 5, 31]],
  [67, [1, 3, 3, 9, 7, 49]],
  [91, [1, 1, 1, 15, 21, 21]],
  [97, [1, 3, 1, 13, 27, 49]],
  [103, [1, 1, 1, 15, 7, 5]],
  [109, [1, 3, 1, 15, 13, 25]],
  [115, [1, 1, 5, 5, 19, 61]],
  [131, [1, 3, 7, 11, 23, 15, 103]],
  [137, [1, 3, 7, 13, 13, 15, 69]],
  [143, [1, 1, 3, 13, 7, 35, 63]],
  [145, [1, 3, 5, 9, 1, 25, 53]],
  [157, [1, 3, 1, 13, 9, 35, 107]],
  [167, [1, 3, 1, 5, 27, 61, 31]],
  [171, [1, 1, 5, 11, 19, 41, 61]],
  [185, [1, 3, 5, 3, 3, 13, 69]],
  [191, [1, 1, 7, 13, 1, 19, 1]],
  [193, [1, 3, 7, 5, 13, 19, 59]],
  [203, [1, 1, 3, 9, 25, 29, 41]],
  [211, [1, 3, 5, 13, 23, 1, 55]],
  [213, [1, 3, 7, 3, 13, 59, 17]],
  [229, [1, 3, 1, 3, 5, 53, 69]],
  [239, [1, 1, 5, 5, 23, 33, 13]],
  [241, [1, 1, 7, 7, 1, 61, 123]],
  [247, [1, 1, 7, 9, 13, 61, 49]],
  [253, [1, 3, 3, 5, 3, 55, 33]],
  [285, [1, 3, 1, 15, 31, 13, 49, 245]],
  [299, [1, 3, 5, 15, 31, 59, 63, 97]],
  [301, [1, 3, 1, 11, 11, 11, 77, 249]],
  [333, [1, 3, 1, 11, 27, 43, 71, 9]],
  [351, [1, 1, 7, 15, 21, 11, 81, 45]],
  [355, [1, 3, 7, 3, 25, 31, 65, 79]],
  [357, [1, 3, 1, 1, 19, 11, 3, 205]],
  [361, [1, 1, 5, 9, 19, 21, 29, 157]],
  [369, [1, 3, 7, 11, 1, 33, 89, 185]],
  [391, [1, 3, 3, 3, 15, 9, 79, 71]],
  [397, [1, 3, 7, 11, 15, 39, 119, 27]],
];

export const MOST_DIMENSIONS = DIRECTIONS.length + 1;
const BITS = 32;
const TWO_TO_32 = 2 ** BITS;

/**
 * Each call gives the next point, coordinates in [0, 1). With random numbers all points are shifted digit by digit, which keeps
 * how evenly they lie and makes each seed another sequence; without them the first point is the origin.
 * Sources: I. A. Antonov, V. M. Saleev, USSR Comput. Math. Math. Phys. 19, 1979 (the order); R. Cranley, T. N. L. Patterson,
 * SIAM J. Numer. Anal. 13, 1976, and P. L'Ecuyer, C. Lemieux, 2002 (the digital shift). Throws a RangeError for more dimensions.
 */
export function createSobol(dimensions: number, random: Random | null): () => number[] {
  if (dimensions > MOST_DIMENSIONS)
    throw new RangeError(`Sobol's points have at most ${MOST_DIMENSIONS} dimensions here, not ${dimensions}`);
  const directions = Array.from({ length: dimensions }, (_, dimension) => directionsOf(dimension));
  const state = directions.map(() => (random === null ? 0 : Math.floor(random() * TWO_TO_32) >>> 0));
  let index = 0;
  return () => {
    const point = state.map((bits) => bits / TWO_TO_32);
    const changed = lowestZeroBit(index);
    for (const [dimension, numbers] of directions.entries())
      state[dimension] = ((state[dimension] as number) ^ (numbers[changed] as number)) >>> 0;
    index += 1;
    return point;
  };
}

function directionsOf(dimension: number): number[] {
  const numbers = new Array<number>(BITS).fill(0);
  const entry = DIRECTIONS[dimension - 1];
  if (!entry) return numbers.map((_, bit) => 2 ** (BITS - 1 - bit));
  const [polynomial, first] = entry;
  const degree = first.length;
  for (let bit = 0; bit < BITS; bit += 1) {
    if (bit < degree) {
      numbers[bit] = ((first[bit] as number) << (BITS - 1 - bit)) >>> 0;
      continue;
    }
    const before = numbers[bit - degree] as number;
    let number = before ^ (before >>> degree);
    for (let k = 1; k < degree; k += 1)
      if ((polynomial >> (degree - k)) & 1) number ^= numbers[bit - k] as number;
    numbers[bit] = number >>> 0;
  }
  return numbers;
}

function lowestZeroBit(index: number): number {
  let bit = 0;
  while ((index >> bit) & 1) bit += 1;
  return bit;
}

// Normal random numbers.
import type { Random } from './random.ts';

/** Mean 0, standard deviation 1. G. E. P. Box, M. E. Muller, 1958. */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

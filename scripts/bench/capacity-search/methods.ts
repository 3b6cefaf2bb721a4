// The ways to find a capacity that are compared.
import { SCATTERS } from '../../../src/capacity/scatters.ts';
import { searchLimit } from '../../../src/capacity/search-limit.ts';
import { MOST_CALLS } from '../../../src/load/load.ts';
import { firstGuess, type Ground, tryRate } from './ground.ts';

export interface Found {
  /** The answer divided by the truth, less one. */
  readonly error: number;
  readonly seconds: number;
}

/** The width goal of all methods. */
export const FOUND_WITHIN = 0.02;
const GUESS_SPREAD = 0.2;

export async function measureBySiptune(ground: Ground, windowMs: number): Promise<Found> {
  let seconds = 0;
  const { limit } = await searchLimit({
    expected: { value: firstGuess(ground), spread: GUESS_SPREAD },
    min: 10,
    max: MOST_CALLS,
    scatters: SCATTERS.capacityCps,
    width: FOUND_WITHIN,
    patience: 0,
    classify: async (load) => {
      const trial = tryRate(ground, load, windowMs);
      seconds += trial.seconds;
      return { seen: trial.carried ? 'carried' : 'overloaded', cost: trial.cost, busyShare: trial.busyShare };
    },
    outOfTime: () => false,
  });
  return { error: limit.estimate / ground.serviceCps - 1, seconds };
}

/** From half of the guess to twice of it, down to the width. Element n: the mean of the first n + 1 bisections. */
export function bisections(ground: Ground, windowMs: number, count: number): readonly Found[] {
  let seconds = 0;
  let sum = 0;
  return Array.from({ length: count }, (_, n) => {
    const guess = firstGuess(ground);
    let [low, high] = [guess / 2, guess * 2];
    while (high > low * (1 + FOUND_WITHIN)) {
      const middle = Math.sqrt(low * high);
      const trial = tryRate(ground, Math.round(middle), windowMs);
      seconds += trial.seconds;
      if (trial.carried) low = middle;
      else high = middle;
    }
    sum += Math.log(low / ground.serviceCps);
    return { error: Math.exp(sum / (n + 1)) - 1, seconds };
  });
}

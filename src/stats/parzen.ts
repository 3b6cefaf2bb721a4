// Parzen's estimate of a density on [0, 1] from a few points, and of shares of names: each point has a bump of its own, as wide
// as its neighbours are far, and one bump as wide as the range keeps everything possible.
// Sources: E. Parzen, Ann. Math. Statist. 33, 1962; J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, "Algorithms for hyper-parameter
// optimization", NIPS 2011, section 4.
import { gaussian } from './gaussian.ts';
import { normalBelow } from './normal.ts';
import { drawWeighted, type Random } from './random.ts';

export interface Density {
  at(u: number): number;
  draw(random: Random): number;
}

/** No bump is narrower than this share of the range over the number of points, plus one; and never than a hundredth. */
const MOST_BUMPS = 100;
const PRIOR_MEAN = 0.5;
const PRIOR_DEVIATION = 1;
const DRAWS = 50;

export function parzen(points: readonly number[]): Density {
  const bumps = [...points, PRIOR_MEAN]
    .map((mean, index) => ({ mean, isPrior: index === points.length }))
    .sort((a, b) => a.mean - b.mean);
  const least = 1 / Math.min(MOST_BUMPS, bumps.length + 1);
  const means = Float64Array.from(bumps, ({ mean }) => mean);
  const deviations = Float64Array.from(bumps, ({ mean, isPrior }, index) => {
    const left = mean - (bumps[index - 1]?.mean ?? 0);
    const right = (bumps[index + 1]?.mean ?? 1) - mean;
    return isPrior ? PRIOR_DEVIATION : Math.min(1, Math.max(least, left, right));
  });
  const scales = means.map((mean, index) => {
    const deviation = deviations[index] as number;
    // Cut off at both ends of the range.
    const inside = normalBelow((1 - mean) / deviation) - normalBelow(-mean / deviation);
    return 1 / (deviation * Math.sqrt(2 * Math.PI) * inside * means.length);
  });
  return {
    at(u) {
      let sum = 0;
      for (let index = 0; index < means.length; index += 1) {
        const z = (u - (means[index] as number)) / (deviations[index] as number);
        sum += (scales[index] as number) * Math.exp(-0.5 * z * z);
      }
      return sum;
    },
    draw(random) {
      const index = Math.floor(random() * means.length);
      const [mean, deviation] = [means[index] as number, deviations[index] as number];
      for (let n = 0; n < DRAWS; n += 1) {
        const u = mean + deviation * gaussian(random);
        if (u >= 0 && u <= 1) return u;
      }
      return mean;
    },
  };
}

/** Shares of `count` names, numbered from 0, each seen once beforehand; `at` and `draw` take and give the number. */
export function parzenOfNames(seen: readonly number[], count: number): Density {
  const weights = Array.from({ length: count }, (_, name) => 1 + seen.filter((one) => one === name).length);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const names = [...weights.keys()];
  return {
    at: (name) => (weights[name] ?? 0) / sum,
    draw: (random) => drawWeighted(names, (name) => weights[name] as number, random),
  };
}

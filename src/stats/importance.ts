// Which knobs moved the score: a rough answer from the few noisy candidates that a campaign tried.
import { mean } from 'simple-statistics';
import type { KnobInPlay } from '../knobs/knob.ts';
import type { Observation } from '../search/sampler.ts';
import { type Point, pointOf } from '../search/space.ts';
import { createRandom } from './random.ts';
import { growTree, predict, type Tree } from './regression-tree.ts';

export interface KnobShare {
  readonly knob: string;
  /** Of the variance of the log score, 0 to 1. */
  readonly share: number;
}

const MIN_OBSERVATIONS = 6;
const TREES = 200;
const SEED = 1;
/** Scores that agree to a millionth do not vary; what is left is rounding. */
const LEAST_VARIANCE = 1e-12;

/**
 * Shares of the variance of the log score, largest first. A random forest learns the log score from the knobs' places
 * in their ranges. What it explains of candidates that its trees did not see (out-of-bag R²) is divided among the knobs
 * by how much worse it predicts those when the knob's value is taken from another candidate. So the shares sum to R²,
 * and the rest to 1 is noise or not understood; noise alone gives zeros. Knobs that changed together (a repair raised
 * one for the other) divide their share arbitrarily. Failed candidates do not count; fewer than six others give nothing.
 * It says what mattered among the values tried, not what would matter elsewhere, and decides nothing.
 * Source: L. Breiman, "Random forests", Machine Learning 45, 2001, section 10; exchanging a value with every other
 * candidate instead of one random permutation: A. Fisher, C. Rudin, F. Dominici, JMLR 20(177), 2019, section 3.
 */
export function importanceOf(
  observations: readonly Observation[],
  knobs: readonly KnobInPlay[],
): readonly KnobShare[] {
  const usable = observations.filter(
    ({ configuration, score }) =>
      Number.isFinite(score) && knobs.every(({ knob }) => knob.name in configuration),
  );
  if (usable.length < MIN_OBSERVATIONS || knobs.length === 0) return [];
  const points = usable.map(({ configuration }) => pointOf(knobs, configuration));
  // Scores are calls or calls/s: less than one is none.
  const logScores = usable.map(({ score }) => Math.log(Math.max(1, score)));
  const forest = growForest(points, logScores);

  const errors = points.map((point, i) => squaredError(forest, i, point, logScores));
  const harm = knobs
    .map((_, k) =>
      mean(
        points.map((point, i) => {
          const others = points.filter((_other, j) => j !== i);
          const exchanged = others.map((other) => {
            const mixed = [...point];
            mixed[k] = other[k] as number;
            return squaredError(forest, i, mixed, logScores);
          });
          return mean(exchanged) - (errors[i] as number);
        }),
      ),
    )
    .map((increase) => Math.max(0, increase));

  const average = mean(logScores);
  const variance = mean(logScores.map((y) => (y - average) ** 2));
  const explained = variance > LEAST_VARIANCE ? Math.max(0, 1 - mean(errors) / variance) : 0;
  const total = harm.reduce((sum, part) => sum + part, 0);
  return knobs
    .map(({ knob }, k) => ({
      knob: knob.name,
      share: total > 0 ? (explained * (harm[k] as number)) / total : 0,
    }))
    .sort((a, b) => b.share - a.share);
}

interface BaggedTree {
  readonly tree: Tree;
  readonly learnedFrom: ReadonlySet<number>;
}

function growForest(points: readonly Point[], values: readonly number[]): BaggedTree[] {
  const random = createRandom(SEED);
  return Array.from({ length: TREES }, () => {
    const rows = points.map(() => Math.floor(random() * points.length));
    return { tree: growTree(points, values, rows, random), learnedFrom: new Set(rows) };
  });
}

/** Of the prediction for candidate i, changed to `point`, by the trees that did not learn from it. */
function squaredError(
  forest: readonly BaggedTree[],
  i: number,
  point: Point,
  values: readonly number[],
): number {
  const unseen = forest.filter(({ learnedFrom }) => !learnedFrom.has(i));
  const predictions = unseen.map(({ tree }) => predict(tree, point));
  return (mean(predictions) - (values[i] as number)) ** 2;
}

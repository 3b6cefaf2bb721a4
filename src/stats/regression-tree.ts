// One tree of a random forest: splits the candidates until those in a leaf are alike.
import type { Random } from './random.ts';

export type Tree =
  | { readonly kind: 'leaf'; readonly value: number }
  | {
      readonly kind: 'split';
      readonly feature: number;
      readonly at: number;
      readonly low: Tree;
      readonly high: Tree;
    };

type Rows = readonly number[];
type Points = readonly (readonly number[])[];

const MIN_LEAF_ROWS = 2;
/** Of the features, drawn anew for each split: the rest of them is hidden, so that trees differ. */
const FEATURE_SHARE = 0.6;

/**
 * Grows a tree on `rows` of the points; each split lowers the squared error most.
 * Source: L. Breiman, J. Friedman, R. Olshen, C. Stone, Classification and Regression Trees, 1984, section 8.3.
 */
export function growTree(points: Points, values: readonly number[], rows: Rows, random: Random): Tree {
  const split = rows.length >= 2 * MIN_LEAF_ROWS ? bestSplit(points, values, rows, random) : null;
  if (split === null) return { kind: 'leaf', value: sum(values, rows) / rows.length };
  const goesLow = (row: number) => (points[row]?.[split.feature] ?? 0) <= split.at;
  return {
    kind: 'split',
    ...split,
    low: growTree(points, values, rows.filter(goesLow), random),
    high: growTree(
      points,
      values,
      rows.filter((row) => !goesLow(row)),
      random,
    ),
  };
}

export function predict(tree: Tree, point: readonly number[]): number {
  let node = tree;
  while (node.kind === 'split') node = (point[node.feature] ?? 0) <= node.at ? node.low : node.high;
  return node.value;
}

function bestSplit(points: Points, values: readonly number[], rows: Rows, random: Random) {
  let best: { readonly feature: number; readonly at: number } | null = null;
  // The squared error falls by what this grows, over one leaf for all.
  let most = sum(values, rows) ** 2 / rows.length + 1e-12;
  for (const feature of someFeatures(points[0]?.length ?? 0, random)) {
    const at = (row: number) => points[row]?.[feature] ?? 0;
    const sorted = [...rows].sort((a, b) => at(a) - at(b));
    const total = sum(values, rows);
    let below = 0;
    for (let n = 1; n < sorted.length; n += 1) {
      const [left, right] = [sorted[n - 1] as number, sorted[n] as number];
      below += values[left] as number;
      if (n < MIN_LEAF_ROWS || sorted.length - n < MIN_LEAF_ROWS || at(left) === at(right)) continue;
      const gain = below ** 2 / n + (total - below) ** 2 / (sorted.length - n);
      if (gain > most) {
        most = gain;
        best = { feature, at: (at(left) + at(right)) / 2 };
      }
    }
  }
  return best;
}

function someFeatures(count: number, random: Random): number[] {
  const drawn = Array.from({ length: count }, (_, feature) => ({ feature, order: random() }));
  drawn.sort((a, b) => a.order - b.order);
  return drawn.slice(0, Math.ceil(count * FEATURE_SHARE)).map(({ feature }) => feature);
}

function sum(values: readonly number[], rows: Rows): number {
  return rows.reduce((total, row) => total + (values[row] as number), 0);
}

// What the scores so far say about configurations that were not tried: a Gaussian process over the logarithm of the score.
import type { KnobInPlay } from '../knobs/knob.ts';
import { fitOptions, usualOptions } from '../stats/fit-gaussian-process.ts';
import {
  createGaussianProcess,
  type GaussianProcessOptions,
  type Posterior,
} from '../stats/gaussian-process.ts';
import type { Point } from './space.ts';
import type { SearchState } from './strategy.ts';

export interface ModelledScores {
  readonly seen: readonly { readonly point: Point; readonly score: number }[];
  readonly pending: readonly Point[];
}

export interface FittedScores {
  /** In units of the scatter of the scores seen. */
  at(point: Point): Posterior;
  /** The highest mean at a point that was seen, and that point. */
  readonly bestMean: number;
  readonly bestPoint: Point;
}

/** The options are fitted again when there are this many times as many points. */
const FIT_AGAIN = 1.5;
const ROUNDS = 1;
/** A failed configuration counts as one this many times worse than the worst that did not. */
const FAILED_SHARE = 0.5;
const LEAST_SCORE = 1e-9;
const LEAST_SCATTER = 1e-6;

export function asModelled({ seen, pending }: SearchState): ModelledScores {
  return { seen, pending };
}

/** Keeps its options from one call to the next. Null as long as there is nothing to learn from. */
export function createScoreModel(
  knobs: readonly KnobInPlay[],
): (scores: ModelledScores) => FittedScores | null {
  let options: GaussianProcessOptions = usualOptions(knobs.map(({ choices }) => choices !== undefined));
  let fittedAt = 0;
  return ({ seen, pending }) => {
    if (seen.length < 2) return null;
    const values = standardised(seen.map(({ score }) => score));
    const points = seen.map(({ point }) => point);
    if (points.length >= fittedAt * FIT_AGAIN) {
      options = fitOptions(points, values, options, ROUNDS);
      fittedAt = points.length;
    }
    const alone = createGaussianProcess(points, values, options);
    const { means } = alone;
    const best = means.reduce((top, mean, index) => (mean > (means[top] as number) ? index : top), 0);
    const believed = pending.map((point) => alone.at(point).mean);
    const process =
      pending.length === 0
        ? alone
        : createGaussianProcess([...points, ...pending], [...values, ...believed], options);
    return { at: process.at, bestMean: means[best] as number, bestPoint: points[best] as Point };
  };
}

/** Logarithms, with mean 0 and variance 1. */
function standardised(scores: readonly number[]): number[] {
  const worst = Math.min(...scores.filter((score) => score > 0));
  const failed = Number.isFinite(worst) ? worst * FAILED_SHARE : LEAST_SCORE;
  const logs = scores.map((score) => Math.log(score > 0 ? score : failed));
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const scatter = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / logs.length);
  return logs.map((log) => (log - mean) / Math.max(scatter, LEAST_SCATTER));
}

// A model of the score: a Gaussian process over all that was seen, with the noise of measuring in it, asked where the score is
// expected to be better than what the model (not the luckiest measurement) takes for the best, for each second that it costs.
// Sources: V. Picheny, T. Wagner, D. Ginsbourger, "A benchmark of kriging-based infill criteria for noisy optimization", Struct.
// Multidisc. Optim. 48, 2013 (expected improvement over the best posterior mean); J. Snoek, H. Larochelle, R. P. Adams, NIPS 2012
// (for each second); D. Ginsbourger, R. Le Riche, L. Carraro, 2010 (what is pending is believed to be as expected).

import { expectedImprovement } from '../../stats/normal.ts';
import { createSobol, MOST_DIMENSIONS } from '../../stats/sobol.ts';
import { restarts } from '../change-costs.ts';
import { asModelled, createScoreModel } from '../score-model.ts';
import { configurationAt, pointOf } from '../space.ts';
import type { CreateStrategy, Draft, SearchState } from '../strategy.ts';

/** Points that fill the space before a model is worth anything. */
const FIRST = 6;
/** Where the model is asked: anywhere, and near the best in some coordinates. */
const ANYWHERE = 24;
const NEAR = 24;
const NEAR_DEVIATION = 0.15;

export const gaussianProcess: CreateStrategy = ({ knobs, start, random, costs }) => {
  const next = createSobol(Math.min(knobs.length, MOST_DIMENSIONS), random);
  const model = createScoreModel(knobs);
  const filling = () => {
    const point = next();
    while (point.length < knobs.length) point.push(random());
    return point;
  };
  const near = (centre: readonly number[]) => {
    const share = Math.min(1, 2 / knobs.length);
    const always = Math.floor(random() * knobs.length);
    return centre.map((u, k) => {
      if (k !== always && random() >= share) return u;
      if (knobs[k]?.choices) return random();
      return Math.min(1, Math.max(0, u + NEAR_DEVIATION * 2 * (random() + random() - 1) * 1.5));
    });
  };

  function* modelled(state: SearchState): Generator<Draft> {
    const fitted = model(asModelled(state));
    if (fitted === null) return;
    const inForce = state.seen.at(-1)?.configuration ?? start;
    const candidates = [
      ...Array.from({ length: ANYWHERE }, filling),
      ...Array.from({ length: NEAR }, () => near(fitted.bestPoint)),
    ].map((point) => {
      const configuration = configurationAt(knobs, point);
      const { mean, deviation } = fitted.at(pointOf(knobs, configuration));
      const costMs = costs.trialMs + (restarts(knobs, inForce, configuration) ? costs.restartMs : 0);
      return { configuration, gain: expectedImprovement(mean, deviation, fitted.bestMean) / costMs };
    });
    for (const { configuration } of candidates.sort((a, b) => b.gain - a.gain))
      yield { configuration, from: 'where the model expects most' };
  }

  return {
    *drafts(state) {
      if (state.asked > FIRST) yield* modelled(state);
      for (;;) yield { configuration: configurationAt(knobs, filling()), from: 'space-filling' };
    },
  };
};

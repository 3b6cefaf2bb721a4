// A tree-structured Parzen estimator: where are the good ones dense, and the others not? Each knob by itself.
// Source: J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, "Algorithms for hyper-parameter optimization", NIPS 2011, section 4.
import { type Density, parzen, parzenOfNames } from '../../stats/parzen.ts';
import { createSobol, MOST_DIMENSIONS } from '../../stats/sobol.ts';
import { configurationAt, fromUnit, type Point, toUnit, valueAt } from '../space.ts';
import type { CreateStrategy, Draft, SearchState } from '../strategy.ts';

/** Points that fill the space before there is anything to estimate from. */
const FIRST = 8;
/** Of what was seen, the share that counts as good. */
const GOOD_SHARE = 0.2;
const MOST_GOOD = 25;
/** Drawn from the density of the good ones; the one that is likeliest among them and least among the others is proposed. */
const CANDIDATES = 24;

export const tpe: CreateStrategy = ({ knobs, random }) => {
  const next = createSobol(Math.min(knobs.length, MOST_DIMENSIONS), random);
  const density = (points: readonly Point[], k: number): Density => {
    const choices = knobs[k]?.choices;
    return choices
      ? parzenOfNames(
          points.map((point) => placeOf(k, point)),
          choices.length,
        )
      : parzen(points.map((point) => point[k] as number));
  };
  /** A name's place among the choices. */
  const placeOf = (k: number, point: Point): number => {
    const knob = knobs[k];
    return knob ? fromUnit(knob, point[k] as number) : 0;
  };

  function* estimated({ seen, pending }: SearchState): Generator<Draft> {
    const ranked = seen.toSorted((a, b) => b.score - a.score).map(({ point }) => point);
    const good = Math.min(MOST_GOOD, Math.ceil(GOOD_SHARE * ranked.length));
    // What is being tried is taken for no good, so that the next one goes elsewhere.
    const [better, others] = [ranked.slice(0, good), [...ranked.slice(good), ...pending]];
    const densities = knobs.map((_, k) => ({ good: density(better, k), other: density(others, k) }));
    for (;;) {
      const drawn = Array.from({ length: CANDIDATES }, () => draw(densities));
      for (const { point } of drawn.sort((a, b) => b.gain - a.gain))
        yield { configuration: configurationAt(knobs, point), from: 'where the good ones are dense' };
    }
  }

  function draw(densities: readonly { readonly good: Density; readonly other: Density }[]) {
    let gain = 0;
    const point = densities.map(({ good, other }, k) => {
      const at = good.draw(random);
      gain += Math.log(good.at(at)) - Math.log(other.at(at));
      const knob = knobs[k];
      return knob?.choices ? toUnit(knob, valueAt(knob, at)) : at;
    });
    return { point, gain };
  }

  return {
    *drafts(state) {
      while (state.asked <= FIRST) {
        const point = next();
        while (point.length < knobs.length) point.push(random());
        yield { configuration: configurationAt(knobs, point), from: 'space-filling' };
      }
      yield* estimated(state);
    },
  };
};

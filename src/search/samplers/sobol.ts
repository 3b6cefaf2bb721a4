// Points that fill the space evenly, however many there will be. It learns nothing.
import { createSobol, MOST_DIMENSIONS } from '../../stats/sobol.ts';
import { configurationAt } from '../space.ts';
import type { CreateStrategy } from '../strategy.ts';

export const sobol: CreateStrategy = ({ knobs, random }) => {
  const next = createSobol(Math.min(knobs.length, MOST_DIMENSIONS), random);
  return {
    *drafts() {
      for (;;) {
        const point = next();
        // More knobs than there are coordinates: the others are drawn.
        while (point.length < knobs.length) point.push(random());
        yield { configuration: configurationAt(knobs, point), from: 'space-filling' };
      }
    },
  };
};

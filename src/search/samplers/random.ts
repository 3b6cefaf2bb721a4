// Points drawn at random: what every other sampler has to beat. It learns nothing.
import { configurationAt } from '../space.ts';
import type { CreateStrategy } from '../strategy.ts';

export const random: CreateStrategy = ({ knobs, random: draw }) => ({
  *drafts() {
    for (;;)
      yield {
        configuration: configurationAt(
          knobs,
          knobs.map(() => draw()),
        ),
        from: 'a random point',
      };
  },
});

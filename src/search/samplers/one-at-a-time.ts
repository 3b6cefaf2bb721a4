// Screening: one knob after the other, from the best so far, first to the middle of its range, then to its ends, then in between.
// Cheap to explain and blind to knobs that pay only together.
import { describeStep } from '../describe-step.ts';
import { configurationAt, pointOf } from '../space.ts';
import type { CreateStrategy, Draft, SearchState } from '../strategy.ts';

/** Van der Corput's order, with the ends early. */
const LEVELS = [0.5, 1, 0, 0.25, 0.75, 0.125, 0.625, 0.375, 0.875] as const;

export const oneAtATime: CreateStrategy = ({ knobs }) => {
  let next = 0;
  return {
    *drafts({ best }: SearchState): Generator<Draft> {
      const point = pointOf(knobs, best.configuration);
      for (; next < knobs.length * LEVELS.length; ) {
        const knob = next % knobs.length;
        const level = LEVELS[Math.floor(next / knobs.length)] as number;
        next += 1;
        yield {
          configuration: configurationAt(knobs, point.with(knob, level)),
          from: (configuration) => describeStep(knobs, best.configuration, configuration),
        };
      }
    },
  };
};

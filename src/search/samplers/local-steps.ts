// A bold start, then steps around the best, now and then a fresh point. Simple on purpose: with ten to forty noisy scores, models
// of the score learn little more than which knob paid.
import { describeStep } from '../describe-step.ts';
import { createFirstPoints } from '../first-points.ts';
import { createLocalSteps, jump } from '../local-steps.ts';
import { configurationAt, pointOf } from '../space.ts';
import type { CreateStrategy, Draft, SearchState } from '../strategy.ts';

const FRESH_POINT_CHANCE = 0.1;
const STEP_ATTEMPTS = 60;
const FRESH_ATTEMPTS = 400;

export const localSteps: CreateStrategy = ({ knobs, start, random }) => {
  const first = createFirstPoints(pointOf(knobs, start), random);
  const steps = createLocalSteps(knobs, random);

  function* fresh({ best }: SearchState): Generator<Draft> {
    for (let attempt = 0; attempt < FRESH_ATTEMPTS; attempt += 1) {
      const { point, from } = first.next();
      const configuration = configurationAt(knobs, point);
      yield { configuration, from, step: jump(best.point, pointOf(knobs, configuration)) };
    }
  }

  /** The best with another name: names have no nearer and farther, so each is tried once around every best. */
  function* names({ best }: SearchState): Generator<Draft> {
    for (const { knob, choices = [] } of knobs)
      for (const name of choices) {
        const configuration = { ...best.configuration, [knob.name]: name };
        if (best.configuration[knob.name] === name) continue;
        yield {
          configuration,
          from: (repaired) => describeStep(knobs, best.configuration, repaired),
          step: jump(best.point, pointOf(knobs, configuration)),
        };
      }
  }

  function* around({ best }: SearchState): Generator<Draft> {
    for (let attempt = 0; attempt < STEP_ATTEMPTS; attempt += 1) {
      const step = steps.plan(best.point);
      if (step === null) return;
      yield {
        configuration: configurationAt(knobs, step.point),
        from: (repaired) => describeStep(knobs, best.configuration, repaired),
        step,
      };
    }
  }

  return {
    *drafts(state) {
      if (state.asked <= first.count) yield* fresh(state);
      else {
        yield* names(state);
        if (random() >= FRESH_POINT_CHANCE) yield* around(state);
        yield* fresh(state);
      }
      yield* around(state);
    },
    learn({ step, score, toBeat }) {
      if (step) steps.learn(step, score > toBeat);
    },
  };
};

// Led by what gave way: each overloaded trial names its limiter, and each knob says which limiters it can relieve, and in which
// direction. Knobs whose signals never moved stay as they are. First a bold move of all the others, then relief of what limits the
// best, as far as nothing else gave way instead, then steps around it.
import type { Limiter } from '../../campaign/verdict.ts';
import type { KnobInPlay } from '../../knobs/knob.ts';
import { isAwake, limitersSeen, reliefOf } from '../awake.ts';
import { describeStep } from '../describe-step.ts';
import { createLocalSteps, jump, type Move, type Step } from '../local-steps.ts';
import { configurationAt, configurationKey, type Point, pointOf } from '../space.ts';
import type { CreateStrategy, Draft, SearchState, Seen } from '../strategy.ts';

const BOLD = 0.5;
/** The longest relief, in units of a range, and the shortest that is worth a trial. */
const MOST_RELIEF = 0.35;
const LEAST_RELIEF = 0.03;
/** How far a knob goes of which only trying tells the direction. */
const EITHER_SIZE = 0.25;
/** Of so many candidates before, what limited them is looked at, too. */
const RECENT = 3;
/** What gave way after what, at most. */
const LONGEST_CHAIN = 4;
const STEP_ATTEMPTS = 60;
/** A move that relieves what limits the best is so much likelier than another one; one that does the opposite, so much less. */
const RELIEF_WEIGHT = 3;
const OPPOSITE_WEIGHT = 0.3;

type Way = 1 | -1;

export const guided: CreateStrategy = ({ knobs, start, random, always }) => {
  const startPoint = pointOf(knobs, start);
  let awake: readonly boolean[] = knobs.map(() => true);
  let limiter: Limiter | undefined;
  /** What is relieved by a step, and what was relieved to get to a configuration. */
  const reliefs = new WeakMap<Step, readonly Limiter[]>();
  const chain = new Map<string, readonly Limiter[]>();
  const linked = (draft: Draft, links: readonly Limiter[]): Draft => {
    if (draft.step) reliefs.set(draft.step, links);
    return draft;
  };
  const steps = createLocalSteps(knobs, random, (move) => weightOf(move));

  const weightOf = ({ knob, direction }: Move): number => {
    if (!awake[knob]) return 0;
    const relief = limiter === undefined ? null : reliefOf(knobs[knob] as KnobInPlay, limiter);
    if (relief === null) return 1;
    if (relief === 'either') return RELIEF_WEIGHT;
    return (relief === 'more') === (direction === 1) ? RELIEF_WEIGHT : OPPOSITE_WEIGHT;
  };

  const look = (state: SearchState) => {
    const moved = limitersSeen(state);
    awake = knobs.map((knob) => always.has(knob.knob.name) || isAwake(knob, moved));
    limiter = state.best.limiters[0];
  };

  const around = (best: Seen, point: Point, what: string | null): Draft => ({
    configuration: configurationAt(knobs, point),
    from: (repaired) => {
      const step = describeStep(knobs, best.configuration, repaired);
      return what === null ? step : step.replace(/^[^:]*/, what);
    },
    step: jump(best.point, point),
  });

  function* bold({ asked, best }: SearchState): Generator<Draft> {
    if (asked > 1) return;
    const point = startPoint.map((u, k) => (awake[k] ? BOLD : u));
    const configuration = configurationAt(knobs, point);
    yield { configuration, from: 'bold move: the middle of what can matter', step: jump(best.point, point) };
  }

  /** How far a knob may go before it is where something gave way that asks for the opposite: half of that. */
  const roomOf = (k: number, way: Way, from: Seen, { seen }: SearchState): number => {
    const here = from.point[k] as number;
    let room = MOST_RELIEF;
    for (const one of seen) {
      const first = one.limiters[0];
      const apart = way * ((one.point[k] as number) - here);
      if (first === undefined || apart <= 0 || one.score > from.score) continue;
      if (reliefOf(knobs[k] as KnobInPlay, first) === (way === 1 ? 'less' : 'more'))
        room = Math.min(room, apart / 2);
    }
    return room;
  };

  /** What limits the best, and what did as soon as that was relieved. */
  const limitersNear = ({ best, seen }: SearchState): ReadonlySet<Limiter> =>
    new Set([...best.limiters, ...seen.slice(-RECENT).flatMap(({ limiters }) => limiters.slice(0, 1))]);

  /** Where all knobs are that are known to relieve it, each a step further. */
  const relieve = (from: Seen, name: Limiter, share: number, state: SearchState): Point =>
    from.point.map((u, k) => {
      const relieved = reliefOf(knobs[k] as KnobInPlay, name);
      if (relieved !== 'more' && relieved !== 'less') return u;
      const way = relieved === 'more' ? 1 : -1;
      const size = share * roomOf(k, way, from, state);
      return size < LEAST_RELIEF ? u : Math.min(1, Math.max(0, u + way * size));
    });

  /** Of the best; and of what came of that, where something else gave way instead: both may be as narrow. */
  function* relief(state: SearchState): Generator<Draft> {
    const { best, seen } = state;
    const last = seen.at(-1);
    const name = last?.limiters[0];
    if (last && last !== best && chain.has(configurationKey(last.configuration)) && name !== undefined) {
      const links = chain.get(configurationKey(last.configuration)) ?? [];
      if (!links.includes(name) && links.length < LONGEST_CHAIN) {
        const points = [...triedFrom(last, name), relieve(last, name, 1, state)];
        for (const point of name === 'delay' ? points : points.reverse()) {
          yield linked(around(last, point, `relief of ${[...links, name].join(' and ')}`), [...links, name]);
        }
      }
    }
    for (const share of [1, 0.5])
      for (const limited of limitersNear(state)) {
        const point = relieve(best, limited, share, state);
        if (point.every((u, k) => u === best.point[k])) continue;
        yield linked(around(best, point, `relief of ${limited}`), [limited]);
      }
  }

  /** Each knob by itself of which only trying tells the direction, first towards the other half of its range. */
  const triedFrom = ({ point }: Seen, name: Limiter): Point[] =>
    knobs.flatMap((knob, k) => {
      if (reliefOf(knob, name) !== 'either' || knob.choices) return [];
      const u = point[k] as number;
      const first: Way = u >= 0.5 ? -1 : 1;
      return [first, -first].map((way) => point.with(k, Math.min(1, Math.max(0, u + way * EITHER_SIZE))));
    });

  function* trying(state: SearchState): Generator<Draft> {
    const { best } = state;
    for (const name of limitersNear(state)) {
      for (const point of triedFrom(best, name)) yield around(best, point, `relief of ${name}`);
      for (const [k, knob] of knobs.entries()) if (reliefOf(knob, name) === 'either') yield* namesOf(k, best);
    }
  }

  /** Names have no nearer and farther: each is tried once around every best. */
  function* namesOf(k: number, best: Seen): Generator<Draft> {
    const { knob, choices = [] } = knobs[k] as KnobInPlay;
    for (const name of choices) {
      const configuration = { ...best.configuration, [knob.name]: name };
      if (name !== best.configuration[knob.name]) yield around(best, pointOf(knobs, configuration), null);
    }
  }

  /** Around the best, though never as far as where something else gave way. */
  function* stepping(state: SearchState): Generator<Draft> {
    const { best } = state;
    for (let attempt = 0; attempt < STEP_ATTEMPTS; attempt += 1) {
      const step = steps.plan(best.point);
      if (step === null) return;
      const point = step.moves.reduce<Point>((moved, { knob, direction }) => {
        const here = best.point[knob] as number;
        const most = roomOf(knob, direction, best, state);
        const apart = Math.abs((moved[knob] as number) - here);
        return apart <= most ? moved : moved.with(knob, here + direction * most);
      }, step.point);
      yield { ...around(best, point, null), step };
    }
  }

  return {
    *drafts(state) {
      look(state);
      yield* bold(state);
      // Calls that are late wait for the workers, or in a queue that is too long: what makes the workers faster comes first.
      if (limiter === 'delay') yield* trying(state);
      yield* relief(state);
      yield* trying(state);
      yield* stepping(state);
    },
    learn({ configuration, step, score, toBeat }) {
      const links = step && reliefs.get(step);
      if (links) chain.set(configurationKey(configuration), links);
      if (step) steps.learn(step, score > toBeat);
    },
    searched(state) {
      look(state);
      return knobs.filter((_, k) => awake[k]);
    },
  };
};

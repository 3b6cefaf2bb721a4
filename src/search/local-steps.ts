// Steps around the best: one to three knobs at a time, by a size that shrinks while steps do not pay, and rather along
// those knobs, and in those directions, that have paid before.
import type { KnobInPlay } from '../knobs/knob.ts';
import { drawWeighted, type Random } from '../stats/random.ts';
import { fromUnit, neighbour, type Point, toUnit } from './space.ts';

export interface Move {
  readonly knob: number;
  readonly direction: 1 | -1;
}

export interface Step {
  /** `jump`: far from the centre and in all knobs at once, so that it says little about each. */
  readonly kind: 'step' | 'jump';
  readonly point: Point;
  readonly moves: readonly Move[];
}

export interface LocalSteps {
  /** A step from `centre`, or null when no knob can move. */
  readonly plan: (centre: Point) => Step | null;
  readonly learn: (step: Step, paid: boolean) => void;
}

/** In units of a knob's whole range. */
const FIRST_SIZE = 0.35;
const LEAST_SIZE = 0.06;
const MOST_SIZE = 0.4;
const SHRINK = 0.85;
const GROW = 1.2;
/** A size is drawn from this share of the present one up to the present one and that much more. */
const SIZE_SPREAD = 0.5;
/** How many knobs a step moves: cumulative probabilities of one and of two; else three. */
const UP_TO_ONE = 0.2;
const UP_TO_TWO = 0.5;
/** A direction that always paid comes near to being this many times as likely as one that was not tried. */
const PAID_WEIGHT = 3;
/** Credit of a jump, compared with a step's. */
const JUMP_WEIGHT = 0.5;

/** `prior`: how much likelier each move is taken than others before any was tried; one of 0 is never taken. */
export function createLocalSteps(
  knobs: readonly KnobInPlay[],
  random: Random,
  prior: (move: Move) => number = () => 1,
): LocalSteps {
  let size = FIRST_SIZE;
  /** Each knob and direction: how often it was tried and how often that paid. */
  const credit = knobs.map(() => ({ up: { tried: 0, paid: 0 }, down: { tried: 0, paid: 0 } }));
  const recordOf = ({ knob, direction }: Move) => credit[knob]?.[direction === 1 ? 'up' : 'down'];
  /** What paid comes before what was not tried, and that before what did not pay; never zero: nothing is given up. */
  const weightOf = (move: Move) => {
    const { tried, paid } = recordOf(move) ?? { tried: 0, paid: 0 };
    return (prior(move) * (1 + PAID_WEIGHT * paid)) / (1 + tried);
  };

  return {
    plan(centre) {
      const open = knobs.flatMap((_, knob) => [
        { knob, direction: 1 } as const,
        { knob, direction: -1 } as const,
      ]);
      const point = [...centre];
      const moves: Move[] = [];
      const draw = random();
      const wanted = draw < UP_TO_ONE ? 1 : draw < UP_TO_TWO ? 2 : 3;
      let candidates = open.filter((move) => prior(move) > 0 && canMove(knobs, centre, move));
      while (moves.length < wanted && candidates.length > 0) {
        const move = drawWeighted(candidates, weightOf, random);
        const length = size * (1 - SIZE_SPREAD + 2 * SIZE_SPREAD * random());
        point[move.knob] = moved(knobs, centre, move, length);
        moves.push(move);
        candidates = candidates.filter(({ knob }) => knob !== move.knob);
      }
      return moves.length > 0 ? { kind: 'step', point, moves } : null;
    },
    learn({ kind, moves }, paid) {
      const weight = kind === 'step' ? 1 : JUMP_WEIGHT;
      for (const move of moves) {
        const record = recordOf(move);
        if (!record) continue;
        record.tried += weight;
        if (paid) record.paid += weight;
      }
      if (kind === 'step') size = Math.min(MOST_SIZE, Math.max(LEAST_SIZE, size * (paid ? GROW : SHRINK)));
    },
  };
}

/** A point that was not reached by a step, as seen from the centre: it too says which directions paid. */
export function jump(centre: Point, point: Point): Step {
  const moves = point.flatMap((u, knob) => {
    const before = centre[knob] ?? u;
    return u === before ? [] : [{ knob, direction: u > before ? (1 as const) : (-1 as const) }];
  });
  return { kind: 'jump', point, moves };
}

/** The new coordinate; a step too short to change the rounded value goes to the next value instead. */
function moved(
  knobs: readonly KnobInPlay[],
  centre: Point,
  { knob: k, direction }: Move,
  length: number,
): number {
  const [knob, u] = [knobs[k] as KnobInPlay, centre[k] as number];
  const before = fromUnit(knob, u);
  const after = fromUnit(knob, u + direction * length);
  return toUnit(knob, after === before ? neighbour(knob, before, direction) : after);
}

function canMove(knobs: readonly KnobInPlay[], centre: Point, { knob: k, direction }: Move): boolean {
  const knob = knobs[k] as KnobInPlay;
  const value = fromUnit(knob, centre[k] as number);
  return neighbour(knob, value, direction) !== value;
}

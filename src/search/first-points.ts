// Where a search begins: two bold moves that are plausible for queues and buffers, then points that fill the space.
import type { Random } from '../stats/random.ts';
import { createHalton } from './halton.ts';
import type { Point } from './space.ts';

export interface OriginPoint {
  readonly point: Point;
  readonly from: string;
}

export interface FirstPoints {
  /** How many proposals come from here before the search turns to steps. */
  readonly count: number;
  readonly next: () => OriginPoint;
}

const MOST_FIRST_POINTS = 3;
/** How far beyond the middle, seen from today's value, the second bold move goes. */
const BEYOND_MIDDLE = 0.75;

/**
 * Defaults usually sit at an end of a sensible range, so the middle of every range (geometric for log scales) is a bold
 * move already, and the far side of it, seen from today's value, a bolder one.
 */
export function createFirstPoints(start: Point, random: Random): FirstPoints {
  const halton = createHalton(start.length, random);
  const bold: OriginPoint[] = [
    { point: start.map(() => 0.5), from: 'bold move: the middle of every range' },
    {
      point: start.map((u) => (u <= 0.5 ? BEYOND_MIDDLE : 1 - BEYOND_MIDDLE)),
      from: 'bold move: beyond the middle, away from today',
    },
  ];
  return {
    count: Math.min(MOST_FIRST_POINTS, start.length + 1),
    next: () => bold.shift() ?? { point: halton(), from: 'space-filling' },
  };
}

// Arithmetic on kernel counters: they only grow, except when their owner was made anew.
import type { Look } from './sampled-meter.ts';

const WRAP_32_BIT = 2 ** 32;

/** Growth of a counter; one that became smaller started again at 0. */
export function increase(from: number, to: number): number {
  return to >= from ? to - from : to;
}

/** Growth of a counter that the kernel keeps in 32 bits and lets overflow. */
export function increase32(from: number, to: number): number {
  return to >= from ? to - from : to + WRAP_32_BIT - from;
}

/** Growth of each named counter between the first and the last look; a name missing at the start began at 0. */
export function increases<Name extends string>(
  first: Readonly<Partial<Record<Name, number>>>,
  last: Readonly<Partial<Record<Name, number>>>,
  names: readonly Name[],
): Record<Name, number> {
  return Object.fromEntries(
    names.map((name) => [name, increase(first[name] ?? 0, last[name] ?? 0)]),
  ) as Record<Name, number>;
}

/** The last look, which for meters with two or more looks is the one of stop(). */
export function lastOf<Sample>(looks: readonly [Look<Sample>, ...Look<Sample>[]]): Look<Sample> {
  return looks[looks.length - 1] ?? looks[0];
}

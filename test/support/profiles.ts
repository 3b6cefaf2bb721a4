// Profiles to export: the realistic one, and one that has something of every kind.
import type { Result } from '../../src/store/result.ts';
import { improved } from './results.ts';

/** `improved`, with these values today and in the winner. */
export function withValues(
  values: Readonly<Record<string, readonly [number | string, number | string]>>,
): Result {
  const side = (index: 0 | 1) =>
    Object.fromEntries(Object.entries(values).map(([name, pair]) => [name, pair[index]]));
  if (!improved.baseline || !improved.winner) throw new Error('the fixture has no winner');
  return {
    ...improved,
    baseline: { ...improved.baseline, config: side(0) },
    winner: { ...improved.winner, config: side(1) },
  };
}

/** OpenSIPS, every kind of knob, and a default that no double holds. */
export const everyKind: Result = {
  ...withValues({
    'net.core.rmem_default': [212_992, 1_835_008],
    'kernel.shmmax': ['18446744073692774399', 1_073_741_824],
    'kernel.shmall': ['18446744073692774399', '18446744073692774399'],
    txqueuelen: [1_000, 200],
    'router.workers': [8, 2],
    'router.shm': [64, 512],
    'router.allocator': ['qm', 'fm'],
  }),
  target: { ...improved.target, router: 'opensips', routerVersion: '3.6.8' },
};

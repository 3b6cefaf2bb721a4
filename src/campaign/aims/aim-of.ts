// The aim of a scenario's objective.
import type { Scenario } from '../../scenario/scenario.ts';
import type { Aim } from './aim.ts';
import { limitAim } from './limit-aim.ts';
import { memoryAim } from './memory-aim.ts';
import { rateAim } from './rate-aim.ts';

export function aimOf({ objective, load }: Pick<Scenario, 'objective' | 'load'>): Aim {
  if (objective.maximise !== undefined) return limitAim(objective.maximise, load);
  const { minimise, atRateCps } = objective;
  return minimise === 'memoryMib'
    ? memoryAim(atRateCps, load)
    : rateAim(minimise, atRateCps, objective, load);
}

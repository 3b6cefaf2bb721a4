// The aims of a scenario's objective.
import { goalsOf } from '../../scenario/metrics.ts';
import type { Goal, Scenario } from '../../scenario/scenario.ts';
import type { Aim } from './aim.ts';
import { limitAim } from './limit-aim.ts';
import { memoryAim } from './memory-aim.ts';
import { rateAim } from './rate-aim.ts';

type Of = Pick<Scenario, 'objective' | 'load'>;

/** The objective's own, before what it names besides. */
export function aimOf({ objective, load }: Of): Aim {
  return aimOfGoal(objective, { objective, load });
}

export function aimsOf(of: Of): readonly Aim[] {
  return goalsOf(of.objective).map((goal) => aimOfGoal(goal, of));
}

function aimOfGoal(goal: Goal, { objective, load }: Of): Aim {
  if (goal.maximise !== undefined) return limitAim(goal.maximise, load);
  const { minimise, atRateCps } = goal;
  return minimise === 'memoryMib'
    ? memoryAim(atRateCps, load)
    : rateAim(minimise, atRateCps, objective, load);
}

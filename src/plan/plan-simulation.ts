// The plan of a campaign on a simulated router: there is nothing to write, to start or to put back.
import type { Scenario, SimTargetSpec } from '../scenario/scenario.ts';
import { landscapeNamed } from '../sim/landscapes/index.ts';
import { prepareLandscape } from '../sim/prepare-landscape.ts';
import { objectiveOf, plannedKnobs } from './build-plan.ts';
import { PLAN_SCHEMA, type Plan } from './plan.ts';
import { reachOf } from './reach.ts';
import { phasesOf, restartsOf } from './time.ts';

export function planSimulation(scenario: Scenario, sim: SimTargetSpec): Plan {
  const prepared = prepareLandscape(landscapeNamed(sim.landscape), { sim, scenario });
  const reach = reachOf(prepared);
  const phases = phasesOf(scenario, prepared.contenders.length);
  return {
    schema: PLAN_SCHEMA,
    scenario: scenario.name,
    seed: scenario.seed,
    budgetMinutes: scenario.budgetMs / 60_000,
    objective: objectiveOf(scenario),
    target: prepared.target,
    targetStands: true,
    setUp: [
      'nothing: the router is simulated, its time is virtual, and no setting of any machine is written',
    ],
    inPlay: plannedKnobs({ prepared, everything: prepared.current }, reach.ranges),
    inert: prepared.inert,
    constraints: reach.constraints,
    steps: [],
    loads: [],
    phases,
    restarts: restartsOf(phases, scenario.load),
    wayBack: [],
  };
}

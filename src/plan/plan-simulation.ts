// The plan of a campaign on a simulated router: there is nothing to write, to start or to put back.
import type { Scenario, SimTargetSpec } from '../scenario/scenario.ts';
import { landscapeNamed } from '../sim/landscapes/index.ts';
import { prepareLandscape } from '../sim/prepare-landscape.ts';
import { commonPlan } from './build-plan.ts';
import type { Plan } from './plan.ts';

export function planSimulation(scenario: Scenario, sim: SimTargetSpec): Plan {
  const prepared = prepareLandscape(landscapeNamed(sim.landscape), { sim, scenario });
  return {
    ...commonPlan(scenario, { prepared, everything: prepared.current }),
    targetStands: true,
    setUp: [
      'nothing: the router is simulated, its time is virtual, and no setting of any machine is written',
    ],
    steps: [],
    loads: [],
    wayBack: [],
  };
}

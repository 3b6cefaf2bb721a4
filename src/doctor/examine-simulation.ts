// The examination of a simulated target: there is no machine to look at, and nothing that could be wrong with it.
import type { Scenario, SimTargetSpec } from '../scenario/scenario.ts';
import { landscapeNamed } from '../sim/landscapes/index.ts';
import { prepareLandscape } from '../sim/prepare-landscape.ts';
import { DIAGNOSIS_SCHEMA, type Diagnosis } from './examine.ts';
import { type Finding, note, ok } from './finding.ts';

export function examineSimulation(scenario: Scenario, sim: SimTargetSpec): Diagnosis {
  const landscape = landscapeNamed(sim.landscape);
  const { inert, inPlay, target } = prepareLandscape(landscape, { sim, scenario });
  const findings: readonly Finding[] = [
    {
      area: 'start',
      ...ok(
        'simulated router',
        `landscape ${landscape.name}: ${landscape.summary}; noise ${sim.noisePct} %`,
        'no root is needed: nothing is written to any machine, and what comes out holds for no real router',
      ),
    },
    { area: 'knobs', ...ok('in play', inPlay.map(({ knob }) => knob.name).join(', ') || 'none') },
    ...inert.map(({ knob, reason }): Finding => ({ area: 'knobs', ...note(knob, reason) })),
  ];
  return {
    schema: DIAGNOSIS_SCHEMA,
    machine: target.host,
    scenario: scenario.name,
    root: process.getuid?.() === 0,
    couldStart: true,
    reasons: [],
    findings,
  };
}

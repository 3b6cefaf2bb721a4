// A landscape's own campaign, with the usual budget: the scenario that a user would have who says nothing else.
import type { Scenario, SimTargetSpec } from '../../src/scenario/scenario.ts';
import type { Landscape } from '../../src/sim/landscape.ts';

const USUAL_BUDGET_MS = 7 * 60_000;

export function scenarioOn(
  landscape: Landscape,
  noisePct: number,
  seed: number,
): { readonly scenario: Scenario; readonly sim: SimTargetSpec } {
  const { name, load, objective, knobs } = landscape;
  const sim: SimTargetSpec = { kind: 'sim', landscape: name, noisePct };
  const scenario: Scenario = {
    ...{ name, path: '', target: sim, objective, seed, budgetMs: USUAL_BUDGET_MS },
    router: { kind: 'kamailio', binary: undefined, config: undefined, service: undefined, settings: {} },
    load: { flow: 'invite', ...load, uaRateCps: 0 },
    knobs: knobs.map(({ knob }) => ({ name: knob.name, min: undefined, max: undefined })),
    contenders: [],
    safety: { deadmanMs: 60_000 },
  };
  return { scenario, sim };
}

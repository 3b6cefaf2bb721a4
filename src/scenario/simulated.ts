// A scenario whose target is simulated: the landscape brings its router, its knobs and its load with it.
import type { Knob } from '../knobs/knob.ts';
import { landscapeNamed } from '../sim/landscapes/index.ts';
import { at, objectiveChecks } from './cross-checks.ts';
import { searchableNames } from './knob-settings.ts';
import type { Finding } from './problems.ts';
import type { Scenario, SimTargetSpec } from './scenario.ts';

export function isSimulated(data: unknown): boolean {
  return at(data, 'target', 'sim') !== undefined;
}

/** What a scenario of a simulated target need not say, so that the schema finds it; the landscape's own takes its place. */
export function withPlaceholders(data: unknown, catalogue: readonly Knob[]): unknown {
  if (!isSimulated(data)) return data;
  const [anyKnob] = searchableNames(catalogue);
  return { router: { kind: 'kamailio' }, knobs: [anyKnob], ...(data as object) };
}

/** The landscape's, wherever the file says nothing. */
export function fromLandscape(scenario: Scenario, sim: SimTargetSpec, data: unknown): Scenario {
  const landscape = landscapeNamed(sim.landscape);
  const says = (key: string) => at(data, key) !== undefined && at(data, key) !== null;
  return {
    ...scenario,
    // No phone takes part in a simulation.
    load: { ...scenario.load, ...(says('load') ? {} : landscape.load), uaRateCps: 0 },
    knobs: says('knobs')
      ? scenario.knobs
      : landscape.knobs.map(({ knob }) => ({ name: knob.name, min: undefined, max: undefined })),
  };
}

const NOT_SIMULATED = [
  { path: ['router'], why: 'the router is part of the landscape: leave it out' },
  { path: ['background'], why: 'nobody else calls a simulated router: leave it out' },
  { path: ['safety'], why: 'a simulation changes nothing that would have to be put back: leave it out' },
  { path: ['load', 'generators'], why: 'a simulation has no generators: leave it out' },
  { path: ['load', 'ua'], why: 'no phone takes part in a simulation: leave it out' },
] as const;

export function simulationChecks(data: unknown): readonly Finding[] {
  if (!isSimulated(data)) return [];
  const findings: Finding[] = NOT_SIMULATED.filter(({ path }) => at(data, ...path) !== undefined).map(
    ({ path, why }) => ({ path: [...path], at: 'key', message: `${path.join('.')}: ${why}` }),
  );
  for (const [key, only] of [
    ['flow', 'invite'],
    ['transport', 'udp'],
  ] as const) {
    const value = at(data, 'load', key);
    if (value !== undefined && value !== only)
      findings.push({
        path: ['load', key],
        at: 'value',
        message: `load.${key}: a simulated router knows ${only} only`,
      });
  }
  return [...objectiveChecks(data), ...findings];
}

// What a campaign knows of a landscape before its first trial: what takes part, within which ranges, and what it is told of itself.
import type { Prepared } from '../campaign/test-bed.ts';
import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import { resolveContender } from '../knobs/resolve-contender.ts';
import type { KnobChoice, Scenario, SimTargetSpec } from '../scenario/scenario.ts';
import type { Landscape } from './landscape.ts';

/** Throws nothing: what a landscape does not have is left out with the reason. */
export function prepareLandscape(
  landscape: Landscape,
  {
    sim,
    scenario,
  }: { readonly sim: SimTargetSpec; readonly scenario: Pick<Scenario, 'knobs' | 'contenders'> },
): Prepared {
  const { name, today, ownKnobs, constraintFacts, machine } = landscape;
  const chosen = scenario.knobs.map((choice) => ({ choice, inPlay: knobOf(landscape, choice) }));
  return {
    current: today,
    inPlay: chosen.flatMap(({ inPlay }) => inPlay ?? []),
    inert: chosen.flatMap(({ choice, inPlay }) =>
      inPlay === null
        ? [{ knob: choice.name, reason: `the simulated router does not have it (landscape ${name})` }]
        : [],
    ),
    constraintFacts,
    contenders: scenario.contenders.map((contender) => ({
      name: contender.name,
      configuration: onlyKnown(
        resolveContender(contender.configuration, today, constraintFacts.memoryMib),
        today,
      ),
    })),
    ...(ownKnobs ? { simulatedKnobs: ownKnobs } : {}),
    identity: { landscape: name, noisePct: String(sim.noisePct) },
    target: {
      host: `a simulation (landscape ${name})`,
      kernel: 'none',
      cpu: 'simulated CPU',
      cpus: machine.cpus,
      memoryMib: constraintFacts.memoryMib,
      router: 'kamailio',
      routerVersion: 'simulated',
      routerFlags: [],
      simulated: { landscape: name, noisePct: sim.noisePct },
    },
  };
}

function knobOf({ knobs }: Landscape, { name, min, max }: KnobChoice): KnobInPlay | null {
  const own = knobs.find(({ knob }) => knob.name === name);
  return own ? { ...own, min: min ?? own.min, max: max ?? own.max } : null;
}

/** What the landscape does not have cannot be part of a contender there. */
function onlyKnown(configuration: Configuration, today: Configuration): Configuration {
  return Object.fromEntries(Object.entries(configuration).filter(([name]) => today[name] !== undefined));
}

// The first configurations of a campaign, each as the writes that lead from the one before it: those that prove that knobs act,
// the baseline, the contenders, and what the seeded sampler proposes first. The same functions decide here as in a campaign.

import { aimOf } from '../campaign/aims/aim-of.ts';
import { changesTo, refusalOf, settingsFrom } from '../campaign/apply.ts';
import { repairFor, samplerFor } from '../campaign/campaign.ts';
import { ceilingsToLift, GENERATOR_BUFFER_BYTES } from '../campaign/generator-headroom.ts';
import type { PreparedTarget } from '../campaign/prepare.ts';
import { PROOF, proofConfigurations } from '../campaign/prove-liveness.ts';
import { sysctlPath, txqueuelenPath } from '../knobs/access.ts';
import { violations } from '../knobs/constraints.ts';
import type { Configuration, Knob } from '../knobs/knob.ts';
import { parseKnobValue } from '../knobs/knob-value.ts';
import type { StartDescription } from '../routers/router.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { DEFAULT_SAMPLER } from '../search/sampler-names.ts';
import type { Target } from '../targets/target.ts';
import type { PlannedStep, PlannedWrite } from './plan.ts';

/** The sampler's first points do not depend on any score; there is one more of them than there are knobs, at most five. */
const PROPOSALS = 3;

interface Wanted {
  readonly label: string;
  readonly from: string;
  readonly configuration: Configuration;
}

export async function firstSteps(
  scenario: Scenario,
  { prepared, everything, originals, buffer }: PreparedTarget,
  target: Target,
): Promise<readonly PlannedStep[]> {
  const proofs = proofConfigurations(prepared.inPlay, { target, buffer, current: everything });
  const wanted: readonly Wanted[] = [
    ...proofs.map((configuration) => ({ label: PROOF, from: '', configuration })),
    { label: 'baseline: what the system has today', from: '', configuration: prepared.current },
    ...prepared.contenders.map(({ name, configuration }) => ({
      label: `contender ${name}`,
      from: '',
      configuration,
    })),
    ...proposals(scenario, prepared),
  ];
  const steps: PlannedStep[] = [];
  let inForce = everything;
  for (const [index, { label, from, configuration }] of wanted.entries()) {
    const outside = refusalOf(configuration, everything, prepared.constraintFacts);
    const changes =
      outside === null
        ? changesTo(configuration, { current: everything, inForce, pageBytes: target.facts.pageBytes })
        : [];
    inForce = { ...inForce, ...Object.fromEntries(changes.map(({ knob, to }) => [knob.name, to])) };
    const restart =
      outside === null && (index === 0 || changes.some(({ knob }) => knob.changeCost === 'restart'));
    const start = restart ? await target.router.describeStart(settingsFrom(inForce)) : null;
    steps.push({
      label,
      from,
      writes: changes.map(({ knob, from: before, to }) => ({
        knob: knob.name,
        from: before ?? null,
        to,
        where: whereOf(knob, target),
      })),
      restart,
      files: start?.files ?? [],
      command: start === null ? [] : prefixed(start, target),
      lifted: label === PROOF ? [] : lifted(target, inForce, originals),
      refusal: outside ?? start?.refusal ?? null,
      // Proposals have been made consistent; a contender is measured as it stands.
      remarks:
        outside === null && from === '' && label !== PROOF
          ? violations(configuration, everything, prepared.constraintFacts)
          : [],
    });
  }
  return steps;
}

function proposals(scenario: Scenario, prepared: PreparedTarget['prepared']): readonly Wanted[] {
  const sampler = samplerFor({ prepared, scenario, repair: repairFor(prepared), aim: aimOf(scenario) });
  // A contender's configuration is never proposed again; its score is not known yet.
  for (const { configuration } of prepared.contenders)
    sampler.tell({
      configuration: { ...prepared.current, ...configuration },
      score: Number.NEGATIVE_INFINITY,
    });
  // What gives way is not known before anything was measured.
  const isExample = (scenario.search?.sampler ?? DEFAULT_SAMPLER) === 'guided';
  const said = (from: string) => (isExample ? `for example, if nothing gave way: ${from}` : from);
  const count = Math.min(PROPOSALS, prepared.inPlay.length === 0 ? 0 : prepared.inPlay.length + 1);
  return Array.from({ length: count }, () => sampler.ask()).flatMap((proposal, index) =>
    proposal === null
      ? []
      : [
          {
            label: `candidate ${index + 1}`,
            from: said(proposal.from),
            configuration: proposal.configuration,
          },
        ],
  );
}

export function whereOf(knob: Knob, target: Target): string {
  const inside = target.routerHost.netns === undefined ? '' : ` in netns ${target.routerHost.netns}`;
  switch (knob.access.via) {
    case 'sysctl':
      return `${sysctlPath(knob.access.key)}${knob.scope === 'host' ? '' : inside}`;
    case 'txqueuelen':
      return `${txqueuelenPath(target.devices[0] ?? '?')}${inside}; queues that took their limit from it are re-created`;
    case 'router':
      return 'at its start';
  }
}

function lifted(
  target: Target,
  inForce: Configuration,
  originals: PreparedTarget['originals'],
): readonly PlannedWrite[] {
  const elsewhere = target.sharesKernel ? '' : ` (${target.generators.label})`;
  return [...ceilingsToLift(target, inForce, originals)].map(([key, from]) => ({
    knob: key,
    from: parseKnobValue(from),
    to: GENERATOR_BUFFER_BYTES,
    where: `${sysctlPath(key)}${elsewhere}`,
  }));
}

/** As the host would start it: inside its namespace, on its CPUs where it has any of its own. */
function prefixed(
  { command, cpus }: Pick<StartDescription, 'command' | 'cpus'>,
  { routerHost: { netns } }: Target,
): readonly string[] {
  return [
    ...(netns === undefined ? [] : ['ip', 'netns', 'exec', netns]),
    ...(cpus === undefined ? [] : ['taskset', '-c', cpus]),
    ...command,
  ];
}

// What a campaign would bring up first, and what it would put back at its end, whether it ends well or not.
import type { Scenario } from '../scenario/scenario.ts';
import { LAB, LAB_NAMESPACES } from '../targets/lab/layout.ts';
import { isOfGenerators, type Original } from '../targets/original.ts';
import type { Target } from '../targets/target.ts';
import type { Plan } from './plan.ts';

export function setUpOf({ target: spec }: Scenario, { routerCpus, loadCpus }: Target): readonly string[] {
  if (spec.kind !== 'lab') return [];
  return [
    `network namespaces ${LAB_NAMESPACES.join(', ')}, with no route out`,
    `veth pairs ${LAB.toRouter} (${LAB.callerAddress}) – ${LAB.routerToCaller} and ${LAB.toRouter} (${LAB.calleeAddress}) – ${LAB.routerToCallee}; the router's address is ${LAB.routerAddress}`,
    `packets for the router are processed on CPU ${routerCpus}, those for the generators on CPU ${loadCpus} (RPS)`,
    ...(spec.egressBitsPerS === undefined
      ? []
      : [`HTB on ${LAB.routerToCallee} limits the way to the callee to ${spec.egressBitsPerS / 1e6} Mbit/s`]),
  ];
}

/** What further machines with generators are given for the time of a campaign. */
export function setUpOfOthers({ otherMachines = [] }: Target): readonly string[] {
  return otherMachines.map(
    ({ host, workDir, cpus }) =>
      `on ${host.label}: SIPps on CPU ${cpus}, their files in ${workDir}, a timer that ends them; no setting is changed there`,
  );
}

export function wayBackOf(
  originals: readonly Original[],
  target: Target,
  standing: boolean,
): Plan['wayBack'] {
  const kernel = originals.map((original) => ({
    what: original.knob,
    value: original.target.via === 'service' ? 'as it is now' : original.raw,
    how: isOfGenerators(original) ? `on ${target.generators.label}` : howOf(original),
  }));
  return [
    ...kernel,
    ...(target.router.managedBy === 'siptune'
      ? [{ what: 'router', value: 'stopped', how: 'siptune ends what it started' }]
      : []),
    ...(target.otherMachines ?? []).map(({ host, workDir }) => ({
      what: 'generators',
      value: 'ended',
      how: `on ${host.label}; ${workDir} is deleted`,
    })),
    ...(standing ? [] : [{ what: 'lab', value: 'down', how: 'its namespaces are deleted' }]),
  ];
}

function howOf({ target }: Original): string {
  switch (target.via) {
    case 'sysctl':
      return target.netns === undefined ? '' : `in netns ${target.netns}`;
    case 'txqueuelen':
      return `${target.device}${target.netns === undefined ? '' : `, in netns ${target.netns}`}`;
    case 'service':
      return `the file is written back, then: ${target.restartCommand.join(' ')}`;
    case 'router':
      return 'with the router';
  }
}

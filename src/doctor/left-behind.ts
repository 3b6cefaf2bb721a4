// What stands on the machines of a campaign, whoever's results folder it is in: who works there, and what is not restored.
import { GENERATORS_DIR } from '../safety/guard-generators.ts';
import { sharedStateDir } from '../safety/guard-load-machines.ts';
import { lookAtTarget, type TargetState } from '../safety/lease.ts';
import { STATE_DIR } from '../safety/state-dir.ts';
import type { Host } from '../targets/host.ts';
import { isRoot } from '../targets/is-root.ts';
import { type Attempt, attempt } from './attempt.ts';
import { note, ok, problem, type Remark, warning } from './finding.ts';
import type { View } from './view.ts';

export interface Look {
  readonly machine: Host;
  readonly seen: Attempt<TargetState>;
}

/** Every place that a campaign would take a lease at: the target first, then where the generators run. */
export async function lookAtMachines({ machine, here, others }: View): Promise<readonly Look[]> {
  const places = [
    { machine, path: STATE_DIR },
    ...(here === machine ? [] : [{ machine: here, path: STATE_DIR }]),
    { machine: here, path: GENERATORS_DIR },
    ...[...others].flatMap(([label, { host }]) =>
      [STATE_DIR, sharedStateDir(label)].map((path) => ({ machine: host, path })),
    ),
  ];
  const looked = await Promise.all(
    places.map(
      async (state): Promise<readonly (Look & { readonly path: string })[]> =>
        (await isRoot(state.machine)) ? [{ ...state, seen: await attempt(() => lookAtTarget(state)) }] : [],
    ),
  );
  // Over SSH, two of them may be one machine.
  const known = new Set<string>();
  return looked.flat().filter(({ seen, path }) => {
    const place = seen.state === 'done' && seen.value.bootId !== '' ? `${seen.value.bootId} ${path}` : null;
    if (place === null) return true;
    const isNew = !known.has(place);
    known.add(place);
    return isNew;
  });
}

export function leaseRemarks(looks: readonly Look[]): readonly Remark[] {
  const remarks = looks.flatMap((look, index) => remarksOn(look, index === 0));
  if (remarks.length > 0 || looks.length === 0) return remarks;
  const where =
    new Set(looks.map(({ machine }) => machine.label)).size > 1 ? 'these machines' : 'this machine';
  return [ok('lease', `no campaign has ${where}, and none left anything there`)];
}

/** On another machine than the target, its name is said. */
function remarksOn({ machine, seen }: Look, isTarget: boolean): readonly Remark[] {
  const on = (text: string) => (isTarget ? text : `${machine.label}: ${text}`);
  if (seen.state === 'refused')
    return [note('lease', on(seen.reason), 'whether a campaign runs is not known')];
  const { lease, campaigns } = seen.value;
  if (lease.state === 'refused') return [problem('lease', on(lease.reason))];
  return campaigns.flatMap(({ campaign, outcome }) => {
    const command = `siptune restore ${machine.remote ? `--target ${machine.label}` : campaign}`;
    if (outcome === 'unrestored')
      return [
        warning(
          'lease',
          `campaign ${campaign} left settings on ${machine.label}`,
          `the next campaign restores them first, or run ${command}`,
        ),
      ];
    if (outcome === 'incomplete')
      return [
        problem(
          'lease',
          `campaign ${campaign} left settings on ${machine.label} that could not be put back`,
          `run ${command}: it tries again, and says which`,
        ),
      ];
    return [];
  });
}

/** Whether the machine itself says that a campaign is restored, though its journal does not know: its timer did it. */
export function restoredByTimer(looks: readonly Look[], campaign: string, machine: string): boolean {
  return looks.some(
    ({ machine: { label }, seen }) =>
      label === machine &&
      seen.state === 'done' &&
      seen.value.campaigns.some((one) => one.campaign === campaign && one.outcome === 'complete'),
  );
}

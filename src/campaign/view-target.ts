// A scenario's target for those who only look: nothing is brought up, written or journalled. A lab that is not up is seen
// on paper: host-wide settings are read for real, those inside the lab are what a new one has.
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import type { HostTargetSpec, Scenario } from '../scenario/scenario.ts';
import { NO_MACHINES, type OpenedMachines } from '../targets/generator-machines.ts';
import type { Host } from '../targets/host.ts';
import { createHostTarget } from '../targets/host-target.ts';
import { isRoot } from '../targets/is-root.ts';
import { egressRate, sameRate } from '../targets/lab/egress.ts';
import { createLab } from '../targets/lab/lab.ts';
import { lookOnPaper } from '../targets/lab/paper.ts';
import { createLabTarget } from '../targets/lab-target.ts';
import type { Target } from '../targets/target.ts';
import { lookAt, type TargetLook } from './prepare.ts';

export interface TargetView {
  readonly target: Target;
  readonly look: TargetLook;
  /** False for a lab that a campaign would first bring up. */
  readonly standing: boolean;
}

/** `machine` is the target's, `generators` where siptune runs, `opened` others with generators; folders are only named, never made. */
export async function viewTarget(
  scenario: Scenario,
  machine: Host,
  workDir: string,
  clock: Clock,
  generators: Host = machine,
  opened: OpenedMachines = NO_MACHINES,
): Promise<TargetView> {
  const { target, router, load } = scenario;
  if (target.kind === 'sim') throw new Error('a simulated router has no machine to look at');
  if (target.kind === 'host') {
    if (usesNamespaces(target)) await requireRoot(generators);
    const spec = { target, router, load };
    const real = await createHostTarget(machine, spec, workDir, clock, generators, opened);
    return { target: real, look: lookAt(real), standing: true };
  }
  if (await labIsUp(machine, target.egressBitsPerS)) {
    const real = await createLabTarget(machine, { target, router, load }, workDir, clock, { opened });
    return { target: real, look: lookAt(real), standing: true };
  }
  return {
    target: await createLabTarget(machine, { target, router, load }, workDir, clock, {
      routerSeenFrom: machine,
      opened,
    }),
    look: lookOnPaper(machine, target.egressBitsPerS),
    standing: false,
  };
}

function usesNamespaces({ netns, caller, callee }: HostTargetSpec): boolean {
  return [netns, caller.netns, callee.netns].some((name) => name !== undefined);
}

async function requireRoot(machine: Host): Promise<void> {
  if (await isRoot(machine)) return;
  throw new UserError(
    'the scenario’s target is inside a network namespace, and only root can look into one: run it with sudo',
    EXIT.unsafe,
  );
}

/** Up as this scenario wants it; without root nobody can tell, and then the lab on paper is as good. */
async function labIsUp(machine: Host, egressBitsPerS: number | undefined): Promise<boolean> {
  if (!(await isRoot(machine))) return false;
  const { state } = await createLab(machine).status();
  return state === 'up' && sameRate(await egressRate(machine), egressBitsPerS);
}

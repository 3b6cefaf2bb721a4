// Brings a scenario's target into being and lets go of it: the lab goes up for the campaign, and down with it.
import { mkdir } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Host } from '../targets/host.ts';
import { createHostTarget } from '../targets/host-target.ts';
import { createLab } from '../targets/lab/lab.ts';
import { createLabTarget } from '../targets/lab-target.ts';
import type { Target } from '../targets/target.ts';
import type { Emit } from './events.ts';

export interface TargetLifetime {
  open(): Promise<Target>;
  close(): Promise<void>;
}

export function openTarget(deps: {
  readonly scenario: Scenario;
  readonly machine: Host;
  readonly workDir: string;
  readonly clock: Clock;
  readonly emit: Emit;
}): TargetLifetime {
  const { scenario, machine, workDir, clock, emit } = deps;
  const { target, router } = scenario;
  if (target.kind === 'host')
    return {
      open: async () => {
        await mkdir(workDir, { recursive: true });
        return createHostTarget(machine, { target, router }, workDir, clock);
      },
      close: async () => {},
    };
  const lab = createLab(
    machine,
    target.egressBitsPerS === undefined ? {} : { egressBitsPerS: target.egressBitsPerS },
  );
  let ours = false;
  return {
    open: async () => {
      await mkdir(workDir, { recursive: true });
      ours = (await lab.status()).state !== 'up';
      // Recorded first: a crash during `up` is undone by `siptune restore` as well.
      if (ours) await emit({ type: 'lab-up' });
      await lab.up();
      return createLabTarget(machine, { target, router }, workDir, clock);
    },
    close: async () => {
      if (ours) await lab.down();
    },
  };
}

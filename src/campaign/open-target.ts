// Brings a scenario's target into being and lets go of it: the lab goes up for the campaign, and down with it.
import { mkdir } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { Safeguard } from '../safety/safeguard.ts';
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
  readonly safeguard: Safeguard;
}): TargetLifetime {
  const { scenario, machine, workDir, clock, emit, safeguard } = deps;
  const { target, router } = scenario;
  if (target.kind === 'host')
    return {
      open: async () => {
        await mkdir(workDir, { recursive: true });
        return createHostTarget(safeguard.guarded(), { target, router }, workDir, clock);
      },
      close: async () => {},
    };
  const options = target.egressBitsPerS === undefined ? {} : { egressBitsPerS: target.egressBitsPerS };
  let ours = false;
  return {
    open: async () => {
      await mkdir(workDir, { recursive: true });
      const guarded = safeguard.guarded();
      const lab = createLab(guarded, options);
      ours = (await lab.status()).state !== 'up';
      // Recorded first: a crash during `up` is undone by `siptune restore`, and by the target itself.
      if (ours) {
        await emit({ type: 'lab-up' });
        await safeguard.coverLab();
      }
      await lab.up();
      return createLabTarget(guarded, { target, router }, workDir, clock);
    },
    close: async () => {
      // Not through the guard: whatever has become of the lease, the lab goes.
      if (ours) await createLab(machine).down();
    },
  };
}

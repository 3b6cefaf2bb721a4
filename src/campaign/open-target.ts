// Brings a scenario's target into being and lets go of it: the lab goes up for the campaign, and down with it.
import { mkdir } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import type { HostTargetSpec, RouterSpec, Scenario } from '../scenario/scenario.ts';
import type { Host } from '../targets/host.ts';
import { createHostTarget } from '../targets/host-target.ts';
import { createLab } from '../targets/lab/lab.ts';
import { createLabTarget } from '../targets/lab-target.ts';
import { openHost } from '../targets/open-host.ts';
import { type SshAddress, showSshAddress } from '../targets/ssh/ssh-address.ts';
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
  if (target.kind === 'host' && target.host !== 'local')
    return openRemote({ ...deps, spec: { target, router }, address: target.host });
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

/** The router's files are in a folder over there, which only root can read and which goes away with the campaign. */
function openRemote(deps: {
  readonly spec: { readonly target: HostTargetSpec; readonly router: RouterSpec };
  readonly address: SshAddress;
  readonly machine: Host;
  readonly clock: Clock;
  readonly emit: Emit;
}): TargetLifetime {
  const { host, connect, close } = openHost(deps.address);
  let workDir: string | undefined;
  return {
    open: async () => {
      await connect();
      const made = await host.run(['sh', '-c', MAKE_FOLDER_SCRIPT]);
      workDir = made.stdout.trim();
      if (made.exitCode !== 0 || workDir === '')
        throw new UserError(
          `cannot make a folder in /run or /tmp on ${host.label}: ${made.stderr.trim()}`,
          EXIT.unsafe,
        );
      await deps.emit({ type: 'remote-opened', host: showSshAddress(deps.address), workDir });
      return createHostTarget(host, deps.spec, workDir, deps.clock, deps.machine);
    },
    close: async () => {
      try {
        if (workDir !== undefined) await host.run(['rm', '-rf', '--', workDir]);
      } finally {
        await close();
      }
    },
  };
}

/** What MAKE_FOLDER_SCRIPT makes. */
export const REMOTE_FOLDER = /^\/(?:run|tmp)\/siptune-router-[A-Za-z0-9]{6}$/;

const MAKE_FOLDER_SCRIPT =
  'mktemp -d /run/siptune-router-XXXXXX 2>/dev/null || mktemp -d /tmp/siptune-router-XXXXXX';

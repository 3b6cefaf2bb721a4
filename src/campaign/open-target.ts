// Brings a scenario's target into being and lets go of it: the lab goes up for the campaign, and down with it.
import { mkdir } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import { guardBoth } from '../safety/guard-generators.ts';
import { createSafeguard, type Safeguard } from '../safety/safeguard.ts';
import type { HostTargetSpec, LabTargetSpec, Scenario } from '../scenario/scenario.ts';
import type { Host } from '../targets/host.ts';
import { createHostTarget } from '../targets/host-target.ts';
import { createLab } from '../targets/lab/lab.ts';
import { createLabTarget } from '../targets/lab-target.ts';
import { openHost } from '../targets/open-host.ts';
import { makeFolder, remoteFolders } from '../targets/remote-folder.ts';
import { type SshAddress, showSshAddress } from '../targets/ssh/ssh-address.ts';
import type { Target } from '../targets/target.ts';
import type { Emit } from './events.ts';

export interface TargetLifetime {
  /** Holds the target for this campaign, and restores it. */
  readonly safeguard: Safeguard;
  /** After the safeguard was taken. */
  open(): Promise<Target>;
  /** Undoes what open() did. */
  close(): Promise<void>;
  /** Ends the connection to the target's machine, if there is one; nothing can be done there afterwards. */
  disconnect(): Promise<void>;
}

export interface OpenTargetDeps {
  readonly scenario: Scenario;
  readonly campaign: string;
  /** Where siptune runs. */
  readonly machine: Host;
  readonly workDir: string;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Another place for the way back than the usual one. */
  readonly statePath?: string;
}

export function openTarget(deps: OpenTargetDeps): TargetLifetime {
  const { target } = deps.scenario;
  if (target.kind === 'lab') return openLab(deps, target);
  return target.host === 'local' ? openHere(deps, target) : openRemote(deps, target, target.host);
}

function safeguardDeps({ scenario, campaign, machine, clock, emit, statePath }: OpenTargetDeps) {
  return {
    ...{ machine, campaign, clock, emit },
    ...(statePath === undefined ? {} : { statePath }),
    periodMs: scenario.safety.deadmanMs,
    restartCommand: scenario.router.service?.restartCommand,
    routerNetns: scenario.target.kind === 'host' ? scenario.target.netns : undefined,
  };
}

const nothing = async () => {};

function openHere(deps: OpenTargetDeps, target: HostTargetSpec): TargetLifetime {
  const { router, load } = deps.scenario;
  const safeguard = createSafeguard(safeguardDeps(deps));
  return {
    safeguard,
    open: async () => {
      await mkdir(deps.workDir, { recursive: true });
      return createHostTarget(safeguard.guarded(), { target, router, load }, deps.workDir, deps.clock);
    },
    close: nothing,
    disconnect: nothing,
  };
}

function openLab(deps: OpenTargetDeps, target: LabTargetSpec): TargetLifetime {
  const { machine, workDir, clock, emit } = deps;
  const { router, load } = deps.scenario;
  const safeguard = createSafeguard(safeguardDeps(deps));
  const options = target.egressBitsPerS === undefined ? {} : { egressBitsPerS: target.egressBitsPerS };
  let ours = false;
  let allCpus: string | undefined;
  /** siptune's own work, and that of the commands that it runs, is not the router's: it stays off the router's CPUs. */
  const keepTo = async (cpus: string) => {
    const { exitCode, stderr } = await machine.run(['taskset', '-acp', cpus, String(process.pid)]);
    if (exitCode === 0) return;
    const message = `siptune runs on the router's CPUs, too, and disturbs what it measures: ${stderr.trim()}`;
    await emit({ type: 'warning', message });
  };
  return {
    safeguard,
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
      const opened = await createLabTarget(guarded, { target, router, load }, workDir, clock);
      allCpus = `0-${opened.facts.cpus - 1}`;
      await keepTo(opened.loadCpus);
      return opened;
    },
    close: async () => {
      if (allCpus !== undefined) await keepTo(allCpus);
      // Not through the guard: whatever has become of the lease, the lab goes.
      if (ours) await createLab(machine).down();
    },
    disconnect: nothing,
  };
}

/** The router's files are in a folder over there, which only root can read and which goes away with the restore. */
function openRemote(deps: OpenTargetDeps, target: HostTargetSpec, address: SshAddress): TargetLifetime {
  const { machine: here, clock, emit } = deps;
  const { router, load } = deps.scenario;
  const { host, close } = openHost(address);
  const safeguard = guardBoth({ ...safeguardDeps(deps), machine: host }, here);
  let workDir: string | undefined;
  return {
    safeguard,
    open: async () => {
      const guarded = safeguard.guarded();
      const folder = await makeRemoteFolder(guarded, (path) => safeguard.coverFolder(path));
      workDir = folder;
      await emit({ type: 'remote-opened', host: showSshAddress(address), workDir: folder });
      const spec = { target, router, load };
      return createHostTarget(guarded, spec, folder, clock, safeguard.guardedGenerators());
    },
    close: async () => {
      // The restore has removed it, unless somebody had removed the target's own way back.
      if (workDir !== undefined) await host.run(['rm', '-rf', '--', workDir]);
    },
    disconnect: close,
  };
}

/** `cover` comes first: a folder that a kill leaves behind must be in the way back already. Throws a UserError. */
async function makeRemoteFolder(host: Host, cover: (path: string) => Promise<void>): Promise<string> {
  let why = '';
  for (const path of remoteFolders()) {
    await cover(path);
    const made = await host.run(makeFolder(path));
    if (made.exitCode === 0) return path;
    why = made.stderr.trim() || 'no answer';
  }
  throw new UserError(`cannot make a folder in /run or /tmp on ${host.label}: ${why}`, EXIT.unsafe);
}

// Brings a scenario's target into being and lets go of it: the lab goes up for the campaign, and down with it.
import { mkdir } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import { guardBoth } from '../safety/guard-generators.ts';
import { guardWithLoad } from '../safety/guard-load-machines.ts';
import { createSafeguard, type Safeguard } from '../safety/safeguard.ts';
import type { HostTargetSpec, LabTargetSpec, Scenario } from '../scenario/scenario.ts';
import { allCpus } from '../targets/cpu-list.ts';
import { addressesOf, type OpenedMachines } from '../targets/generator-machines.ts';
import type { Host } from '../targets/host.ts';
import { createHostTarget } from '../targets/host-target.ts';
import { sameRate } from '../targets/lab/egress.ts';
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
  if (target.kind === 'sim') throw new Error('a simulated router has no machine to open');
  if (target.kind === 'lab') return openLab(deps, target);
  return target.host === 'local' ? openHere(deps, target) : openRemote(deps, target, target.host);
}

/** The target's safeguard, with the machines beside it that have generators, and their life. */
function besides(deps: OpenTargetDeps, main: Safeguard, machine: Host) {
  const { scenario, machine: siptune } = deps;
  const others = addressesOf(scenario.load.generators).map((address) => openHost(address));
  const hosts = others.map(({ host }) => host);
  const safeguard =
    hosts.length === 0
      ? { ...main, loadMachines: [] }
      : guardWithLoad(main, { ...safeguardDeps(deps), machine }, siptune, hosts);
  const folders: { readonly host: Host; readonly path: string }[] = [];
  return {
    safeguard,
    /** A folder on each of them, for the files of SIPp. */
    async open(): Promise<OpenedMachines> {
      const opened = safeguard.loadMachines.map(async ({ label, guarded, coverFolder }) => {
        const path = await makeRemoteFolder(guarded(), 'load', coverFolder);
        const host = hosts.find((one) => one.label === label);
        if (host) folders.push({ host, path });
        return [label, { host: guarded(), workDir: path }] as const;
      });
      return new Map(await Promise.all(opened));
    },
    /** The restore has removed them, unless somebody had removed the machine's own way back, or it cannot be reached. */
    async close() {
      await Promise.allSettled(folders.map(({ host, path }) => host.run(['rm', '-rf', '--', path])));
    },
    async disconnect() {
      await Promise.all(others.map(({ close }) => close()));
    },
  };
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

function openHere(deps: OpenTargetDeps, target: HostTargetSpec): TargetLifetime {
  const { router, load } = deps.scenario;
  const beside = besides(deps, createSafeguard(safeguardDeps(deps)), deps.machine);
  const { safeguard } = beside;
  return {
    safeguard,
    open: async () => {
      await mkdir(deps.workDir, { recursive: true });
      const guarded = safeguard.guarded();
      const spec = { target, router, load };
      return createHostTarget(guarded, spec, deps.workDir, deps.clock, guarded, await beside.open());
    },
    close: beside.close,
    disconnect: beside.disconnect,
  };
}

function openLab(deps: OpenTargetDeps, target: LabTargetSpec): TargetLifetime {
  const { machine, workDir, clock, emit } = deps;
  const { router, load } = deps.scenario;
  const beside = besides(deps, createSafeguard(safeguardDeps(deps)), machine);
  const { safeguard } = beside;
  const options = target.egressBitsPerS === undefined ? {} : { egressBitsPerS: target.egressBitsPerS };
  let ours = false;
  let everyCpu: string | undefined;
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
      const before = await lab.status();
      ours = before.state !== 'up';
      if (before.state === 'up') requireSameLink(before.egressBitsPerS, target.egressBitsPerS);
      // Recorded first: a crash during `up` is undone by `siptune restore`, and by the target itself.
      if (ours) {
        await emit({ type: 'lab-up' });
        await safeguard.coverLab();
      }
      await lab.up();
      const seen = { opened: await beside.open() };
      const up = await createLabTarget(guarded, { target, router, load }, workDir, clock, seen);
      everyCpu = allCpus(up.facts.cpus);
      await keepTo(up.loadCpus);
      return up;
    },
    close: async () => {
      await beside.close();
      if (everyCpu !== undefined) await keepTo(everyCpu);
      // Not through the guard: whatever has become of the lease, the lab goes.
      if (ours) await createLab(machine).down();
    },
    disconnect: beside.disconnect,
  };
}

/** The router's files are in a folder over there, which only root can read and which goes away with the restore. */
function openRemote(deps: OpenTargetDeps, target: HostTargetSpec, address: SshAddress): TargetLifetime {
  const { machine: here, clock, emit } = deps;
  const { router, load } = deps.scenario;
  const { host, close } = openHost(address);
  const both = guardBoth({ ...safeguardDeps(deps), machine: host }, here);
  const beside = besides(deps, both, host);
  const { safeguard } = beside;
  let workDir: string | undefined;
  return {
    safeguard,
    open: async () => {
      const guarded = safeguard.guarded();
      const folder = await makeRemoteFolder(guarded, 'router', (path) => safeguard.coverFolder(path));
      workDir = folder;
      await emit({ type: 'remote-opened', host: showSshAddress(address), workDir: folder });
      const spec = { target, router, load };
      return createHostTarget(guarded, spec, folder, clock, both.guardedGenerators(), await beside.open());
    },
    close: async () => {
      // The restore has removed it, unless somebody had removed the target's own way back.
      if (workDir !== undefined) await host.run(['rm', '-rf', '--', workDir]);
      await beside.close();
    },
    disconnect: async () => {
      await Promise.all([close(), beside.disconnect()]);
    },
  };
}

/** `cover` comes first: a folder that a kill leaves behind must be in the way back already. Throws a UserError. */
async function makeRemoteFolder(
  host: Host,
  whose: Parameters<typeof remoteFolders>[0],
  cover: (path: string) => Promise<void>,
): Promise<string> {
  let why = '';
  for (const path of remoteFolders(whose)) {
    await cover(path);
    const made = await host.run(makeFolder(path));
    if (made.exitCode === 0) return path;
    why = made.stderr.trim() || 'no answer';
  }
  throw new UserError(`cannot make a folder in /run or /tmp on ${host.label}: ${why}`, EXIT.unsafe);
}

/** Somebody else's lab would be left with another link than it had. */
function requireSameLink(there: number | undefined, wanted: number | undefined): void {
  if (sameRate(there, wanted)) return;
  const say = (rate: number | undefined) =>
    rate === undefined ? 'no limit' : `a limit of ${rate / 1e6} Mbit/s`;
  throw new UserError(
    `the lab is up already, with ${say(there)} on the link to the callee; the scenario asks for ${say(wanted)}. Run siptune lab down: the campaign then brings up its own`,
    EXIT.unsafe,
  );
}

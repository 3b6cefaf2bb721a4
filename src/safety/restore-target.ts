// Restores what campaigns whose siptune is gone have left on a target, from what stands there, and removes their lease.
import type { TargetState } from './lease.ts';
import { GIVE_UP, REMOVE } from './lease-scripts.ts';
import { runRestore, type ScriptStep } from './run-restore.ts';
import { runScript, type StateDir } from './state-dir.ts';

export interface RestoredCampaign {
  readonly campaign: string;
  readonly steps: readonly ScriptStep[];
  /** What could not be restored. */
  readonly failures: readonly string[];
}

export interface RestoreTargetOptions {
  readonly wanted?: (campaign: string) => boolean;
  readonly stopAtFailure?: boolean;
  /** What cannot be restored is taken as it is: a device that is gone stays gone. */
  readonly giveUp?: boolean;
}

const TIMEOUT_MS = 30_000;

/** The lease, if there is one, must be stale. Campaigns that are restored already are left out. */
export async function restoreTarget(
  state: StateDir,
  { lease, campaigns }: TargetState,
  { wanted = () => true, stopAtFailure = false, giveUp = false }: RestoreTargetOptions = {},
): Promise<readonly RestoredCampaign[]> {
  const holder = lease.state === 'free' ? '' : lease.campaign;
  const open = campaigns
    .filter(({ outcome }) => outcome === 'unrestored' || outcome === 'incomplete')
    .map(({ campaign }) => campaign);
  if (lease.state === 'stale' && !open.includes(holder)) await releaseLease(state, lease.owner, holder);
  // The lease's own comes first, for the others' scripts stop at a lease that is not theirs; then the last one, whose
  // originals are what an earlier one had left. IDs begin with the minute of their start.
  const order = open
    .filter(wanted)
    .sort((a, b) => Number(b === holder) - Number(a === holder) || (a < b ? 1 : -1));
  const done: RestoredCampaign[] = [];
  for (const campaign of order) {
    const run = await runRestore(state, campaign);
    const steps = 'steps' in run ? run.steps : [];
    let failures = run.state === 'complete' ? [] : run.state === 'incomplete' ? run.failures : [run.reason];
    if (run.state === 'incomplete' && giveUp && (await giveUpOn(state, campaign))) failures = [];
    done.push({ campaign, steps, failures });
    if (failures.length > 0 && stopAtFailure) break;
    if (failures.length === 0 && lease.state === 'stale' && campaign === holder)
      await releaseLease(state, lease.owner, holder);
  }
  return done;
}

/** Removes the lease that was seen, if what its campaign changed is restored. */
export async function releaseLease(state: StateDir, owner: string, campaign: string): Promise<boolean> {
  const result = await runScript(state.machine, REMOVE, [state.path, owner, campaign], {
    timeoutMs: TIMEOUT_MS,
  });
  return ['removed', 'gone'].includes(result.stdout.trim());
}

async function giveUpOn(state: StateDir, campaign: string): Promise<boolean> {
  const result = await runScript(state.machine, GIVE_UP, [state.path, campaign], { timeoutMs: TIMEOUT_MS });
  return result.exitCode === 0;
}

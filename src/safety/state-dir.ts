// What siptune keeps on the target while it changes things there, so that the way back needs nothing but the target.
//
//   lease/owner.json, lease/token.HEX     who works on this machine; one campaign at a time
//   campaigns/ID/restore.sh               puts everything back, by hand or by the timer
//   campaigns/ID/watch.sh, deadline       the dead-man's timer, and when it fires
//   campaigns/ID/originals.jsonl          the same records as in the campaign's journal
//   campaigns/ID/fired/                   from here on, nothing of this campaign is written any more
//   campaigns/ID/restored                 "complete" or "incomplete", then what could not be restored
//   restored-earlier                      names of complete campaigns whose folders are gone: the latest twenty have theirs
//   process-limits.json                   what one generator reaches on this machine (src/store/process-limits.ts)
//   lock                                  flock(1): writers share it, a restore has it for itself
import { join } from 'node:path/posix';
import type { Host } from '../targets/host.ts';

/** Survives a reboot; owned by root, mode 0700. */
export const STATE_DIR = '/var/lib/siptune';

/** The initial namespace's, also for a campaign that works inside a namespace: host-wide settings are shared. */
export interface StateDir {
  readonly machine: Host;
  readonly path: string;
}

export const UPTIME = '/proc/uptime';

const SAFE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** A folder of results may have been renamed by hand; its name then goes to a machine as the campaign's. */
export function canNameCampaign(id: string): boolean {
  return SAFE_NAME.test(id);
}

export function campaignDir(state: StateDir, campaign: string): string {
  if (!canNameCampaign(campaign)) throw new RangeError(`${JSON.stringify(campaign)} cannot name a folder`);
  return join(state.path, 'campaigns', campaign);
}

/** Runs one of the constant scripts of this folder; its values are positional arguments. */
export async function runScript(
  machine: Host,
  script: string,
  args: readonly string[],
  options: { readonly input?: string; readonly timeoutMs?: number } = {},
) {
  return machine.run(['sh', '-c', script, 'siptune', ...args], options);
}

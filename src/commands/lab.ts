// siptune lab up|down|status: the namespaces in which siptune tunes a router of its own, by hand.
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import { lookAtTarget } from '../safety/lease.ts';
import { STATE_DIR } from '../safety/state-dir.ts';
import { parseBitRate } from '../scenario/units.ts';
import { createLab, type LabStatus } from '../targets/lab/lab.ts';
import { LAB } from '../targets/lab/layout.ts';
import { createLocalHost } from '../targets/local-host.ts';
import type { CommandIo } from './command-io.ts';

export type LabAction = 'up' | 'down' | 'status';

export interface LabCommandOptions {
  readonly json: boolean;
  /** Rate of the router's link towards the callee, e.g. "20 Mbit/s"; for `up` only. */
  readonly egress?: string;
}

const MIN_EGRESS_BITS_PER_S = 1e4;
const MAX_EGRESS_BITS_PER_S = 1e11;

export async function lab(
  action: LabAction,
  options: LabCommandOptions,
  io: CommandIo,
  statePath = STATE_DIR,
): Promise<ExitStatus> {
  const egressBitsPerS = egressOf(action, options.egress);
  if (action !== 'status') await requireNoCampaign(action, statePath);
  const theLab = createLab(createLocalHost(), egressBitsPerS === undefined ? {} : { egressBitsPerS });
  if (action === 'up') await theLab.up();
  if (action === 'down') await theLab.down();
  // Half a command is not an outcome: an interrupted `up` takes back what it built.
  if (action === 'up' && io.signal.aborted) {
    await theLab.down();
    return EXIT.interrupted;
  }
  const status = await theLab.status();
  io.out(options.json ? `${JSON.stringify(status, nullForUndefined)}\n` : render(status));
  return EXIT.ok;
}

/** A campaign has this machine for itself, and its lab most of all. Nobody but root can have one, or build a lab. */
async function requireNoCampaign(action: LabAction, statePath: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { lease } = await lookAtTarget({ machine: createLocalHost(), path: statePath });
  if (lease.state === 'refused')
    throw new UserError(`no "siptune lab ${action}" while a campaign runs: ${lease.reason}`, EXIT.unsafe);
}

/** A field that has no value is still there to be read. */
function nullForUndefined(_key: string, value: unknown): unknown {
  return value === undefined ? null : value;
}

function egressOf(action: LabAction, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (action !== 'up')
    throw new UserError(`--egress belongs to "siptune lab up", not to "siptune lab ${action}"`);
  const bitsPerS = parseBitRate(text);
  if (bitsPerS >= MIN_EGRESS_BITS_PER_S && bitsPerS <= MAX_EGRESS_BITS_PER_S) return bitsPerS;
  throw new UserError(
    `--egress ${text} is ${bitsPerS} bit/s; a link of the lab has between 10 kbit/s and 100 Gbit/s`,
  );
}

function render(status: LabStatus): string {
  switch (status.state) {
    case 'down':
      return 'lab: down\n';
    case 'partial':
      return [
        'lab: partly there ("siptune lab up" builds it anew, "siptune lab down" clears it)',
        ...status.missing.map((what) => `  missing  ${what}`),
        '',
      ].join('\n');
    case 'up': {
      const { routerCpus, loadCpus } = status.cpus;
      const egress =
        status.egressBitsPerS === undefined ? 'not limited' : `${status.egressBitsPerS / 1e6} Mbit/s`;
      return [
        'lab: up',
        `  caller   ${LAB.callerNetns}  ${LAB.callerAddress}  CPU ${loadCpus}`,
        `  router   ${LAB.routerNetns}  ${LAB.routerAddress}  CPU ${routerCpus}`,
        `  callee   ${LAB.calleeNetns}  ${LAB.calleeAddress}  CPU ${loadCpus}`,
        `  egress to the callee: ${egress}; processes inside: ${status.processes}; no route leaves the lab`,
        '',
      ].join('\n');
    }
  }
}

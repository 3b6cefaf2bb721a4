// siptune restore: puts back what campaigns changed, from what stands on the target, or from their journals alone.
// Idempotent: the second run changes nothing.
import { join } from 'node:path';
import { type Undo, undoOf } from '../campaign/undo.ts';
import { systemClock } from '../clock.ts';
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import { plainText } from '../report/plain-text.ts';
import { endLeftoverRouter } from '../routers/leftover-router.ts';
import { lookAtTarget, type TargetState } from '../safety/lease.ts';
import { type RestoredCampaign, restoreTarget } from '../safety/restore-target.ts';
import { STATE_DIR, type StateDir } from '../safety/state-dir.ts';
import { openJournal, readJournal } from '../store/journal.ts';
import { exists, findCampaigns, requireResultsFolder, resolveCampaign } from '../store/result-store.ts';
import type { Host } from '../targets/host.ts';
import { createLab } from '../targets/lab/lab.ts';
import { createLocalHost } from '../targets/local-host.ts';
import { type RestoreStep, restoreOriginals } from '../targets/originals.ts';
import type { CommandIo } from './command-io.ts';

export interface RestoreOptions {
  readonly out: string;
  readonly json: boolean;
  /** Lets go of a target on which something cannot be put back. */
  readonly giveUp?: boolean;
}

interface Restored {
  readonly id: string;
  readonly restored: readonly { knob: string; from: string; to: string }[];
  readonly unchanged: number;
  readonly failures: readonly string[];
  /** Its timer had restored everything on the target before this command looked. */
  readonly byTimer?: true;
}

const NOTHING_SEEN: TargetState = { bootId: '', campaigns: [], lease: { state: 'free' } };

export async function restore(
  id: string | undefined,
  { out, json, giveUp = false }: RestoreOptions,
  io: CommandIo,
): Promise<ExitStatus> {
  const state = { machine: createLocalHost(), path: STATE_DIR };
  const refusals: UserError[] = [];
  const before = await lookAtTarget(state).catch((error) => {
    // What a plain user may not see there is said last: what is wrong with the journals is said all the same.
    if (!(error instanceof UserError) || process.getuid?.() === 0) throw error;
    refusals.push(error);
    return NOTHING_SEEN;
  });
  const wanted = (campaign: string) => id === undefined || campaign.startsWith(id);
  const onTarget = await restoreOnTarget(state, before, wanted, giveUp);
  const done: Restored[] = onTarget.map(fromTarget);
  if (id === undefined && before.campaigns.length === 0) await requireResultsFolder(out);
  for (const campaign of await campaignsIn(out, id, before)) {
    try {
      const path = join(campaign.dir, 'journal.jsonl');
      // A folder of another kind, or a campaign that could not even begin: nothing was written in its name.
      if (id === undefined && !(await exists(path))) continue;
      const { events, damaged, distrust } = await readJournal(path);
      for (const { line, reason } of damaged) io.err(`${plainText(`${path}:${line}: ${reason}`)}\n`);
      const undo = undoOf(events, damaged);
      if (undo === null) continue;
      if (distrust !== null) throw new UserError(distrust, EXIT.unsafe);
      const known = before.campaigns.find((one) => one.campaign === campaign.id);
      if (known === undefined || known.outcome === 'empty') {
        done.push(await undoCampaign(campaign, undo, before));
        continue;
      }
      const now = onTarget.find((one) => one.campaign === campaign.id);
      if (known.outcome === 'complete')
        done.push({ id: campaign.id, restored: [], unchanged: 0, failures: [], byTimer: true });
      if (known.outcome === 'complete' || now) await note(campaign.dir, now?.failures ?? []);
    } catch (error) {
      // One campaign that cannot be restored keeps none of the others from it.
      if (!(error instanceof UserError)) throw error;
      refusals.push(error);
    }
  }
  if (json) io.out(`${JSON.stringify(done, null, 2)}\n`);
  else if (done.length === 0 && refusals.length === 0)
    io.out('Nothing to restore: every campaign here has put back what it changed.\n');
  else for (const one of done) io.out(render(one));
  const [first] = refusals;
  if (first) throw new UserError(refusals.map(({ message }) => message).join('\n'), first.exitStatus);
  return done.some(({ failures }) => failures.length > 0) ? EXIT.unsafe : EXIT.ok;
}

/** What campaigns left on the target itself; refuses while one of them still runs. */
async function restoreOnTarget(
  state: StateDir,
  before: TargetState,
  wanted: (campaign: string) => boolean,
  giveUp: boolean,
): Promise<readonly RestoredCampaign[]> {
  const { lease } = before;
  if (lease.state === 'refused' && (lease.campaign === '' || wanted(lease.campaign)))
    throw new UserError(`nothing is restored on ${state.machine.label} now: ${lease.reason}`, EXIT.unsafe);
  // Another's lease says nothing about campaigns that it does not hold; those are restored, or it would not be there.
  if (lease.state === 'refused') return [];
  return restoreTarget(state, before, { wanted, giveUp });
}

/** A campaign that the target knows need not have its results here. */
async function campaignsIn(out: string, id: string | undefined, { campaigns }: TargetState) {
  if (id === undefined) return findCampaigns(out);
  try {
    return [await resolveCampaign(out, id)];
  } catch (error) {
    if (campaigns.some(({ campaign }) => campaign.startsWith(id))) return [];
    throw error;
  }
}

function fromTarget({ campaign, steps, failures }: RestoredCampaign): Restored {
  return {
    id: campaign,
    restored: steps.flatMap(({ outcome, what, detail }) => {
      const [from = '', to = ''] = detail.split(' -> ');
      return outcome === 'restored' ? [{ knob: what, from, to }] : [];
    }),
    unchanged: steps.filter(({ outcome }) => outcome === 'unchanged').length,
    failures,
  };
}

async function note(dir: string, failures: readonly string[]): Promise<void> {
  const journal = await openJournal(join(dir, 'journal.jsonl'), systemClock);
  await journal.append({ type: 'restored', complete: failures.length === 0, failures });
  await journal.close();
}

/** From the journal alone: the target knows nothing of this campaign. */
async function undoCampaign(
  { id, dir }: { id: string; dir: string },
  undo: Undo,
  { lease }: TargetState,
): Promise<Restored> {
  const machine = createLocalHost();
  if (lease.state === 'refused')
    throw new UserError(`campaign ${id} cannot be restored now: ${lease.reason}`, EXIT.unsafe);
  if (await stillRuns(machine, undo.pid))
    throw new UserError(
      `campaign ${id} is still running as process ${undo.pid}: end it with Ctrl-C (kill -INT ${undo.pid}); it restores by itself`,
    );
  if (process.getuid?.() !== 0)
    throw new UserError(
      `campaign ${id} has settings to put back, which needs root: run siptune restore with sudo`,
    );
  await endLeftoverRouter(machine, undo.routerPids, dir);
  const steps = await restoreOriginals(undo.originals, machine);
  const failures = steps.flatMap(({ original, outcome }) =>
    outcome.state === 'failed' ? [`${original.knob}: ${outcome.reason}`] : [],
  );
  failures.push(...undo.lost);
  if (undo.labUp) {
    try {
      await createLab(machine).down();
    } catch (error) {
      failures.push(`lab: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await note(dir, failures);
  return {
    id,
    restored: steps.flatMap(({ original, outcome }) =>
      outcome.state === 'restored' ? [{ knob: original.knob, from: outcome.from, to: original.raw }] : [],
    ),
    unchanged: count(steps, 'unchanged'),
    failures,
  };
}

/** A PID may have been given to somebody else since: only a node process that runs a campaign counts. */
async function stillRuns(machine: Host, pid: number | undefined): Promise<boolean> {
  if (pid === undefined || pid === process.pid) return false;
  const path = `/proc/${pid}/cmdline`;
  const cmdline = (await machine.readFiles([path])).get(path) ?? '';
  return cmdline.includes('node') && /\b(run|resume)\b/.test(cmdline.replaceAll('\0', ' '));
}

function count(steps: readonly RestoreStep[], state: RestoreStep['outcome']['state']): number {
  return steps.filter(({ outcome }) => outcome.state === state).length;
}

function render({ id, restored, unchanged, failures, byTimer }: Restored): string {
  if (byTimer) return `${plainText(id)}: its dead-man's timer had put everything back already\n`;
  const lines = [
    `${plainText(id)}: ${restored.length} put back, ${unchanged} were as before${failures.length > 0 ? `, ${failures.length} FAILED` : ''}`,
    ...restored.map(
      ({ knob, from, to }) =>
        `  ${plainText(knob)}: ${plainText(from)}${to === '' ? '' : ` → ${plainText(to)}`}`,
    ),
    ...failures.map((failure) => `  could not restore ${plainText(failure)}`),
  ];
  return `${lines.join('\n')}\n`;
}

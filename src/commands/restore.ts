// siptune restore: puts back what campaigns changed, from their journals alone. Idempotent: the second run changes nothing.
import { join } from 'node:path';
import { type Undo, undoOf } from '../campaign/undo.ts';
import { systemClock } from '../clock.ts';
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import { plainText } from '../report/plain-text.ts';
import { endLeftoverRouter } from '../routers/leftover-router.ts';
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
}

interface Restored {
  readonly id: string;
  readonly restored: readonly { knob: string; from: string; to: string }[];
  readonly unchanged: number;
  readonly failures: readonly string[];
}

export async function restore(
  id: string | undefined,
  { out, json }: RestoreOptions,
  io: CommandIo,
): Promise<ExitStatus> {
  if (id === undefined) await requireResultsFolder(out);
  const campaigns = id === undefined ? await findCampaigns(out) : [await resolveCampaign(out, id)];
  const done: Restored[] = [];
  const refusals: UserError[] = [];
  for (const campaign of campaigns) {
    try {
      const path = join(campaign.dir, 'journal.jsonl');
      // A folder of another kind, or a campaign that could not even begin: nothing was written in its name.
      if (id === undefined && !(await exists(path))) continue;
      const { events, damaged, distrust } = await readJournal(path);
      for (const { line, reason } of damaged) io.err(`${plainText(`${path}:${line}: ${reason}`)}\n`);
      const undo = undoOf(events, damaged);
      if (undo === null) continue;
      if (distrust !== null) throw new UserError(distrust, EXIT.unsafe);
      done.push(await undoCampaign(campaign, undo));
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

async function undoCampaign({ id, dir }: { id: string; dir: string }, undo: Undo): Promise<Restored> {
  const machine = createLocalHost();
  if (await stillRuns(machine, undo.pid))
    throw new UserError(
      `campaign ${id} is still running as process ${undo.pid}: end it with Ctrl-C (kill -INT ${undo.pid}); it restores by itself`,
    );
  if (process.getuid?.() !== 0)
    throw new UserError(
      `campaign ${id} has settings to put back, which needs root: run siptune restore with sudo`,
    );
  const journal = await openJournal(join(dir, 'journal.jsonl'), systemClock);
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
  await journal.append({ type: 'restored', complete: failures.length === 0, failures });
  await journal.close();
  return {
    id,
    restored: steps.flatMap(({ original, outcome }) =>
      outcome.state === 'restored' ? [{ knob: original.knob, from: outcome.from, to: original.raw }] : [],
    ),
    unchanged: count(steps, 'unchanged'),
    failures,
  };
}

/** A PID may have been given to somebody else since: only a node process that runs siptune counts. */
async function stillRuns(machine: Host, pid: number | undefined): Promise<boolean> {
  if (pid === undefined || pid === process.pid) return false;
  const path = `/proc/${pid}/cmdline`;
  const cmdline = (await machine.readFiles([path])).get(path) ?? '';
  return cmdline.includes('node') && /\brun\b/.test(cmdline.replaceAll('\0', ' '));
}

function count(steps: readonly RestoreStep[], state: RestoreStep['outcome']['state']): number {
  return steps.filter(({ outcome }) => outcome.state === state).length;
}

function render({ id, restored, unchanged, failures }: Restored): string {
  const lines = [
    `${plainText(id)}: ${restored.length} put back, ${unchanged} were as before${failures.length > 0 ? `, ${failures.length} FAILED` : ''}`,
    ...restored.map(({ knob, from, to }) => `  ${plainText(knob)}: ${plainText(from)} → ${plainText(to)}`),
    ...failures.map((failure) => `  could not restore ${plainText(failure)}`),
  ];
  return `${lines.join('\n')}\n`;
}

// siptune restore: puts back what campaigns changed, from their journals alone. Idempotent: the second run changes nothing.
import { join } from 'node:path';
import { REMOTE_FOLDER } from '../campaign/open-target.ts';
import { type Undo, undoOf } from '../campaign/undo.ts';
import { systemClock } from '../clock.ts';
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import { plainText } from '../report/plain-text.ts';
import { openJournal, readJournal } from '../store/journal.ts';
import { findCampaigns, resolveCampaign } from '../store/result-store.ts';
import type { Host } from '../targets/host.ts';
import { createLab } from '../targets/lab/lab.ts';
import { createLocalHost } from '../targets/local-host.ts';
import { openHost } from '../targets/open-host.ts';
import { type RestoreStep, restoreOriginals } from '../targets/originals.ts';
import { parseSshAddress, type SshAddress } from '../targets/ssh/ssh-address.ts';
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
  const campaigns = id === undefined ? await findCampaigns(out) : [await resolveCampaign(out, id)];
  const done: Restored[] = [];
  for (const campaign of campaigns) {
    const { events } = await readJournal(join(campaign.dir, 'journal.jsonl'));
    const undo = undoOf(events);
    if (undo === null) continue;
    done.push(await undoCampaign(campaign, undo));
  }
  if (json) io.out(`${JSON.stringify(done, null, 2)}\n`);
  else if (done.length === 0)
    io.out('Nothing to restore: every campaign here has put back what it changed.\n');
  else for (const one of done) io.out(render(one));
  return done.some(({ failures }) => failures.length > 0) ? EXIT.unsafe : EXIT.ok;
}

async function undoCampaign({ id, dir }: { id: string; dir: string }, undo: Undo): Promise<Restored> {
  const here = createLocalHost();
  if (await stillRuns(here, undo.pid))
    throw new UserError(
      `campaign ${id} is still running as process ${undo.pid}: end it with Ctrl-C (kill -INT ${undo.pid}); it restores by itself`,
    );
  if (process.getuid?.() !== 0)
    throw new UserError(
      `campaign ${id} has settings to put back, which needs root: run siptune restore with sudo`,
    );
  const target = openHost(addressOf(undo));
  try {
    await target.connect();
    return await undoOn(target.host, here, { id, dir }, undo);
  } finally {
    await target.close();
  }
}

async function undoOn(
  machine: Host,
  here: Host,
  { id, dir }: { id: string; dir: string },
  undo: Undo,
): Promise<Restored> {
  const journal = await openJournal(join(dir, 'journal.jsonl'), systemClock);
  const workDir = undo.remote?.workDir;
  // A damaged journal must not name what is deleted, and whose processes are ended.
  const ours = workDir === undefined || REMOTE_FOLDER.test(workDir);
  if (ours) await endRouter(machine, undo.routerPids, workDir ?? dir);
  const steps = await restoreOriginals(undo.originals, machine, here);
  if (ours && workDir !== undefined) await machine.run(['rm', '-rf', '--', workDir]);
  const failures = steps.flatMap(({ original, outcome }) =>
    outcome.state === 'failed' ? [`${original.knob}: ${outcome.reason}`] : [],
  );
  if (undo.labUp) {
    try {
      await createLab(machine).down();
    } catch (error) {
      failures.push(`lab: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await journal.append({ type: 'restored', complete: failures.length === 0, failures });
  return {
    id,
    restored: steps.flatMap(({ original, outcome }) =>
      outcome.state === 'restored' ? [{ knob: original.knob, from: outcome.from, to: original.raw }] : [],
    ),
    unchanged: count(steps, 'unchanged'),
    failures,
  };
}

function addressOf({ remote }: Undo): 'local' | SshAddress {
  if (remote === undefined) return 'local';
  const address = parseSshAddress(remote.host);
  if (address) return address;
  throw new UserError(`the journal names a host that is none: ${plainText(remote.host)}`);
}

/** A PID may have been given to somebody else since: only a node process that runs siptune counts. */
async function stillRuns(machine: Host, pid: number | undefined): Promise<boolean> {
  if (pid === undefined || pid === process.pid) return false;
  const path = `/proc/${pid}/cmdline`;
  const cmdline = (await machine.readFiles([path])).get(path) ?? '';
  return cmdline.includes('node') && /\brun\b/.test(cmdline.replaceAll('\0', ' '));
}

/** Ends what is left of a router that the campaign started: recognised by the campaign's own folder in its arguments. */
async function endRouter(machine: Host, pids: readonly number[], dir: string): Promise<void> {
  const paths = pids.map((pid) => `/proc/${pid}/cmdline`);
  const cmdlines = await machine.readFiles(paths);
  for (const [index, pid] of pids.entries()) {
    if (!cmdlines.get(paths[index] ?? '')?.includes(dir)) continue;
    // It may have ended by itself meanwhile.
    await machine.run(['kill', '-s', 'TERM', String(pid)]);
  }
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

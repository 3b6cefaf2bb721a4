// siptune restore: puts back what campaigns changed, from what stands on the machines, or from their journals alone.
// Idempotent: the second run changes nothing.
import { join } from 'node:path';
import { REMOTE_FOLDER } from '../campaign/open-target.ts';
import { type Undo, undoOf } from '../campaign/undo.ts';
import { systemClock } from '../clock.ts';
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import { plainText } from '../report/plain-text.ts';
import { GENERATORS_DIR } from '../safety/guard-generators.ts';
import { lookAtTarget, type TargetState } from '../safety/lease.ts';
import { type RestoredCampaign, restoreTarget } from '../safety/restore-target.ts';
import { STATE_DIR, type StateDir } from '../safety/state-dir.ts';
import { openJournal, readJournal } from '../store/journal.ts';
import { findCampaigns, resolveCampaign } from '../store/result-store.ts';
import type { Host } from '../targets/host.ts';
import { createLab } from '../targets/lab/lab.ts';
import { createLocalHost } from '../targets/local-host.ts';
import { openHost } from '../targets/open-host.ts';
import { isOfGenerators } from '../targets/original.ts';
import { restoreOriginals } from '../targets/originals.ts';
import { parseSshAddress, type SshAddress, showSshAddress } from '../targets/ssh/ssh-address.ts';
import type { CommandIo } from './command-io.ts';

export interface RestoreOptions {
  readonly out: string;
  readonly json: boolean;
  /** Lets go of a target on which something cannot be put back. */
  readonly giveUp?: boolean;
  /** Another machine on which campaigns may have left something, whose journals are elsewhere: ssh://user@name:port. */
  readonly target?: string | undefined;
}

interface Restored {
  readonly id: string;
  /** The machine's label where it is another than this one. */
  readonly on?: string;
  readonly restored: readonly { knob: string; from: string; to: string }[];
  readonly unchanged: number;
  readonly failures: readonly string[];
  /** Its timer had restored everything on the target before this command looked. */
  readonly byTimer?: true;
}

interface OpenCampaign {
  readonly id: string;
  readonly dir: string;
  readonly undo: Undo;
}

type Wanted = (campaign: string) => boolean;

/** What stood in one state folder, and what was put back from there. */
interface Place {
  readonly before: TargetState;
  readonly onTarget: readonly RestoredCampaign[];
}

export async function restore(
  id: string | undefined,
  options: RestoreOptions,
  io: CommandIo,
): Promise<ExitStatus> {
  const { out, json, giveUp = false } = options;
  const here = createLocalHost();
  const asked = options.target === undefined ? undefined : addressIn(options.target, '--target');
  const named = (campaign: string) => id === undefined || campaign.startsWith(id);
  const look = (state: StateDir, wanted: Wanted) => restorePlace(state, wanted, giveUp);
  const lookHere = async (wanted: Wanted) => [
    await look({ machine: here, path: STATE_DIR }, wanted),
    await look({ machine: here, path: GENERATORS_DIR }, wanted),
  ];

  // Asked for another machine, of this one only the part of the same campaigns is looked at.
  const there = asked && (await openCampaigns(out, id, [], showSshAddress(asked)));
  const local = await lookHere(there ? (campaign) => there.some((one) => one.id === campaign) : named);
  const open = there ?? (await openCampaigns(out, id, local));
  const done: Restored[] = local.flatMap(({ onTarget }) => onTarget.map((one) => fromTarget(one, here)));
  for (const campaign of open.filter(({ undo }) => undo.remote === undefined))
    done.push(...(await finish(campaign, { machine: here, here, places: local, local })));

  const problems: UserError[] = [];
  const remotes = new Set(open.flatMap(({ undo }) => undo.remote?.host ?? []));
  if (asked) remotes.add(showSshAddress(asked));
  for (const name of remotes) {
    const { host: machine, connect, close } = openHost(addressIn(name, 'the host in a journal'));
    try {
      await connect();
      const place = await look({ machine, path: STATE_DIR }, named);
      done.push(...place.onTarget.map((one) => fromTarget(one, machine)));
      for (const campaign of open.filter(({ undo }) => undo.remote?.host === name))
        done.push(...(await finish(campaign, { machine, here, places: [place], local })));
    } catch (error) {
      // Another machine may still be reached.
      if (!(error instanceof UserError)) throw error;
      problems.push(error);
    } finally {
      await close();
    }
  }

  if (json) io.out(`${JSON.stringify(done, null, 2)}\n`);
  else for (const one of done) io.out(render(one));
  if (problems.length > 0)
    throw new UserError(problems.map(({ message }) => message).join('\n'), EXIT.unsafe);
  if (done.length === 0 && !json)
    io.out('Nothing to restore: every campaign here has put back what it changed.\n');
  return done.some(({ failures }) => failures.length > 0) ? EXIT.unsafe : EXIT.ok;
}

/** What campaigns left on one machine; refuses while one of them still runs. */
async function restorePlace(state: StateDir, wanted: Wanted, giveUp: boolean): Promise<Place> {
  const before = await lookAtTarget(state);
  const { lease } = before;
  if (lease.state === 'refused' && (lease.campaign === '' || wanted(lease.campaign)))
    throw new UserError(`nothing is restored on ${state.machine.label} now: ${lease.reason}`, EXIT.unsafe);
  // Another's lease says nothing about campaigns that it does not hold; those are restored, or it would not be there.
  const onTarget = lease.state === 'refused' ? [] : await restoreTarget(state, before, { wanted, giveUp });
  return { before, onTarget };
}

/** Campaigns of the results folder with something to undo. One that a machine knows need not have its results here. */
async function openCampaigns(
  out: string,
  id: string | undefined,
  local: readonly Place[],
  asked?: string,
): Promise<readonly OpenCampaign[]> {
  const found: OpenCampaign[] = [];
  for (const { id: campaign, dir } of await campaignsIn(out, id, local, asked)) {
    const { events } = await readJournal(join(dir, 'journal.jsonl'));
    const undo = undoOf(events);
    if (undo === null) continue;
    if (asked === undefined || undo.remote?.host === asked) found.push({ id: campaign, dir, undo });
  }
  return found;
}

async function campaignsIn(out: string, id: string | undefined, local: readonly Place[], asked?: string) {
  if (id === undefined) return findCampaigns(out);
  try {
    return [await resolveCampaign(out, id)];
  } catch (error) {
    if (asked !== undefined) return [];
    if (local.some(({ before }) => before.campaigns.some(({ campaign }) => campaign.startsWith(id))))
      return [];
    throw error;
  }
}

function fromTarget({ campaign, steps, failures }: RestoredCampaign, machine: Host): Restored {
  return {
    id: campaign,
    ...on(machine),
    restored: steps.flatMap(({ outcome, what, detail }) => {
      const [from = '', to = ''] = detail.split(' -> ');
      return outcome === 'restored' ? [{ knob: what, from, to }] : [];
    }),
    unchanged: steps.filter(({ outcome }) => outcome === 'unchanged').length,
    failures,
  };
}

function on(machine: Host): { on?: string } {
  return machine.remote ? { on: machine.label } : {};
}

/**
 * A campaign of which this folder has the journal: what no machine could put back by itself is put back from there, and the
 * journal gets its last word.
 */
async function finish(
  { id, dir, undo }: OpenCampaign,
  { machine, here, places, local }: Places,
): Promise<readonly Restored[]> {
  const there = knownIn(places, id);
  // Generators beside siptune have a way back of their own.
  const beside = knownIn(local, id);
  // Left alone, because the machine is another campaign's now.
  if ([...there, ...beside].some(({ outcome, now }) => outcome !== 'complete' && !now)) return [];
  const workDir = undo.remote?.workDir;
  // A damaged journal must not name what is deleted, and whose processes are ended.
  const folder = workDir !== undefined && REMOTE_FOLDER.test(workDir) ? workDir : undefined;
  const now = [...new Set([...there, ...beside].flatMap((known) => known.now ?? []))];
  const failures = now.flatMap((one) => one.failures);
  const fromJournal = undo.originals.filter(
    (original) => (isOfGenerators(original) ? beside : there).length === 0,
  );
  if (there.length === 0 || fromJournal.length > 0) {
    const [lease] = places.map(({ before }) => before.lease);
    if (lease?.state === 'refused')
      throw new UserError(`campaign ${id} cannot be restored now: ${lease.reason}`, EXIT.unsafe);
    const router = workDir === undefined ? dir : folder;
    const left = { ...undo, originals: fromJournal, routerPids: there.length === 0 ? undo.routerPids : [] };
    const journalled = await undoCampaign({ id, dir, undo: left }, { machine, here, router });
    if (folder !== undefined) await machine.run(['rm', '-rf', '--', folder]);
    await note(dir, [...failures, ...journalled.failures]);
    return [journalled];
  }
  if (folder !== undefined) await machine.run(['rm', '-rf', '--', folder]);
  await note(dir, failures);
  // Over SSH, this very machine may be the other one.
  const [first] = places;
  const same = local.some(({ before }) => before.bootId === first?.before.bootId);
  const byTimer = there.every((known) => !known.now) && !(same && beside.some((known) => known.now));
  return byTimer ? [{ id, ...on(machine), restored: [], unchanged: 0, failures: [], byTimer: true }] : [];
}

interface Places {
  readonly machine: Host;
  /** Where siptune runs. */
  readonly here: Host;
  /** Of the machine that was tuned, and of this one. */
  readonly places: readonly Place[];
  readonly local: readonly Place[];
}

/** What machines knew of a campaign that had begun to write there, and what was done about it now. */
function knownIn(places: readonly Place[], id: string) {
  return places.flatMap(({ before, onTarget }) =>
    before.campaigns
      .filter(({ campaign, outcome }) => campaign === id && outcome !== 'empty')
      .map(({ outcome }) => ({ outcome, now: onTarget.find(({ campaign }) => campaign === id) })),
  );
}

async function note(dir: string, failures: readonly string[]): Promise<void> {
  const journal = await openJournal(join(dir, 'journal.jsonl'), systemClock);
  await journal.append({ type: 'restored', complete: failures.length === 0, failures });
  await journal.close();
}

/** From the journal alone. */
async function undoCampaign(
  { id, undo }: OpenCampaign,
  { machine, here, router }: { machine: Host; here: Host; router: string | undefined },
): Promise<Restored> {
  if (await stillRuns(here, undo.pid))
    throw new UserError(
      `campaign ${id} is still running as process ${undo.pid}: end it with Ctrl-C (kill -INT ${undo.pid}); it restores by itself`,
    );
  if (process.getuid?.() !== 0)
    throw new UserError(
      `campaign ${id} has settings to put back, which needs root: run siptune restore with sudo`,
    );
  if (router !== undefined) await endRouter(machine, undo.routerPids, router);
  const steps = await restoreOriginals(undo.originals, machine, here);
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
  return {
    id,
    ...on(machine),
    restored: steps.flatMap(({ original, outcome }) =>
      outcome.state === 'restored' ? [{ knob: original.knob, from: outcome.from, to: original.raw }] : [],
    ),
    unchanged: steps.filter(({ outcome }) => outcome.state === 'unchanged').length,
    failures,
  };
}

function addressIn(text: string, what: string): SshAddress {
  const address = parseSshAddress(text);
  if (address) return address;
  throw new UserError(`${what} is not ssh://user@name:port: ${plainText(text)}`);
}

/** A PID may have been given to somebody else since: only a node process that runs a campaign counts. */
async function stillRuns(machine: Host, pid: number | undefined): Promise<boolean> {
  if (pid === undefined || pid === process.pid) return false;
  const path = `/proc/${pid}/cmdline`;
  const cmdline = (await machine.readFiles([path])).get(path) ?? '';
  return cmdline.includes('node') && /\b(run|resume)\b/.test(cmdline.replaceAll('\0', ' '));
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

function render({ id, on: machine, restored, unchanged, failures, byTimer }: Restored): string {
  const name = `${plainText(id)}${machine === undefined ? '' : ` on ${plainText(machine)}`}`;
  if (byTimer) return `${name}: its dead-man's timer had put everything back already\n`;
  const lines = [
    `${name}: ${restored.length} put back, ${unchanged} were as before${failures.length > 0 ? `, ${failures.length} FAILED` : ''}`,
    ...restored.map(
      ({ knob, from, to }) =>
        `  ${plainText(knob)}: ${plainText(from)}${to === '' ? '' : ` → ${plainText(to)}`}`,
    ),
    ...failures.map((failure) => `  could not restore ${plainText(failure)}`),
  ];
  return `${lines.join('\n')}\n`;
}

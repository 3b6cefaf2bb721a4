// siptune restore: puts back what campaigns changed, from what stands on the machines, or from their journals alone.
// Idempotent: the second run changes nothing.
import { join } from 'node:path';
import { type Undo, undoOf } from '../campaign/undo.ts';
import { systemClock } from '../clock.ts';
import { CannotRecord, EXIT, type ExitStatus, UserError } from '../errors.ts';
import { plainText } from '../report/plain-text.ts';
import { endLeftoverRouter } from '../routers/leftover-router.ts';
import { GENERATORS_DIR } from '../safety/guard-generators.ts';
import { sharedStateDir } from '../safety/guard-load-machines.ts';
import { lookAtTarget, type TargetState } from '../safety/lease.ts';
import { type RestoredCampaign, restoreTarget } from '../safety/restore-target.ts';
import { STATE_DIR, type StateDir } from '../safety/state-dir.ts';
import { openJournal, readJournal } from '../store/journal.ts';
import {
  type Campaign,
  couldBeOf,
  exists,
  findCampaigns,
  requireResultsFolder,
  resolveCampaign,
} from '../store/result-store.ts';
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

const NOTHING_SEEN: TargetState = { bootId: '', campaigns: [], lease: { state: 'free' } };

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
  const refusals: UserError[] = [];
  const asked = options.target === undefined ? undefined : addressIn(options.target, '--target');
  const meant = await meantBy(out, id);
  const look = (state: StateDir, wanted: Wanted) => restorePlace(state, wanted, giveUp, refusals);
  const journals = { meant, id, io, refusals };

  // Asked for another machine, of this one only the part of the same campaigns is looked at.
  const there = asked && (await openCampaigns(journals, [], showSshAddress(asked)));
  const wantedHere = there ? (campaign: string) => there.some((one) => one.id === campaign) : meant.is;
  const local = [await look({ machine: here, path: STATE_DIR }, wantedHere)];
  local.push(await look({ machine: here, path: GENERATORS_DIR }, wantedHere));
  const nothingHere = local.every(({ before }) => before.campaigns.length === 0);
  if (id === undefined && !there && nothingHere) await requireResultsFolder(out);
  const open = there ?? (await openCampaigns(journals, local));

  const done: Restored[] = local.flatMap(({ onTarget }) => onTarget.map((one) => fromTarget(one, here)));
  const finishAll = async (campaigns: readonly OpenCampaign[], places: Places) => {
    for (const campaign of campaigns)
      await orRefuse(refusals, async () => void done.push(...(await finish(campaign, places, refusals))));
  };
  await finishAll(
    open.filter(({ undo }) => undo.remote === undefined),
    { machine: here, here, places: local, local },
  );
  const remotes = new Set(open.flatMap(({ undo }) => undo.remote?.host ?? []));
  if (asked) remotes.add(showSshAddress(asked));
  const lookThere = async (state: StateDir): Promise<Place> => {
    const place = await look(state, meant.is);
    done.push(...place.onTarget.map((one) => fromTarget(one, state.machine)));
    return place;
  };
  for (const name of remotes)
    await onMachine(name, refusals, async (machine) => {
      const place = await lookThere({ machine, path: STATE_DIR });
      await finishAll(
        open.filter(({ undo }) => undo.remote?.host === name),
        { machine, here, places: [place], local },
      );
    });

  // What is left there goes by its timer as well: a machine that cannot be reached keeps nothing else from being restored.
  for (const name of new Set(open.flatMap(({ undo }) => undo.loadMachines)))
    await onMachine(name, refusals, async (machine) => {
      for (const path of [STATE_DIR, sharedStateDir(name)]) await lookThere({ machine, path });
    });

  if (json) io.out(`${JSON.stringify(done, null, 2)}\n`);
  else if (done.length === 0 && refusals.length === 0)
    io.out('Nothing to restore: every campaign here has put back what it changed.\n');
  else for (const one of done) io.out(render(one));
  const [first] = refusals;
  if (first) throw new UserError(refusals.map(({ message }) => message).join('\n'), first.exitStatus);
  return done.some(({ failures }) => failures.length > 0) ? EXIT.unsafe : EXIT.ok;
}

/** One campaign that cannot be restored, or one machine that cannot be reached, keeps none of the others from it. */
async function orRefuse(refusals: UserError[], step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    refusals.push(error);
  }
}

/** The same on another machine, which is connected to for it. */
function onMachine(
  name: string,
  refusals: UserError[],
  step: (machine: Host) => Promise<void>,
): Promise<void> {
  return orRefuse(refusals, async () => {
    const { host, connect, close } = openHost(addressIn(name, 'the host in a journal'));
    try {
      await connect();
      await step(host);
    } finally {
      await close();
    }
  });
}

/** What campaigns left on one machine; refuses while one of them still runs. */
async function restorePlace(
  state: StateDir,
  wanted: Wanted,
  giveUp: boolean,
  refusals: UserError[],
): Promise<Place> {
  const before = await lookAtTarget(state).catch((error) => {
    // What a plain user may not see here is said last: what is wrong with the journals is said all the same.
    const plainUser = !state.machine.remote && process.getuid?.() !== 0;
    if (!(error instanceof UserError) || !plainUser) throw error;
    refusals.push(error);
    return NOTHING_SEEN;
  });
  const { lease } = before;
  if (lease.state === 'refused' && (lease.campaign === '' || wanted(lease.campaign)))
    throw new UserError(`nothing is restored on ${state.machine.label} now: ${lease.reason}`, EXIT.unsafe);
  // Another's lease says nothing about campaigns that it does not hold; those are restored, or it would not be there.
  const onTarget = lease.state === 'refused' ? [] : await restoreTarget(state, before, { wanted, giveUp });
  return { before, onTarget };
}

interface Journals {
  readonly meant: Meant;
  readonly id: string | undefined;
  readonly io: CommandIo;
  readonly refusals: UserError[];
}

/** Campaigns of the results folder with something to undo; with `asked`, only those of that machine. */
async function openCampaigns(
  journals: Journals,
  local: readonly Place[],
  asked?: string,
): Promise<readonly OpenCampaign[]> {
  const { id, io, refusals } = journals;
  const found: OpenCampaign[] = [];
  for (const { id: campaign, dir } of await campaignsIn(journals, local, asked))
    await orRefuse(refusals, async () => {
      const path = join(dir, 'journal.jsonl');
      // A folder of another kind, or a campaign that could not even begin: nothing was written in its name.
      if (id === undefined && !(await exists(path))) return;
      const { events, damaged, distrust } = await readJournal(path);
      const undo = undoOf(events, damaged);
      if (asked !== undefined && undo?.remote?.host !== asked) return;
      for (const { line, reason } of damaged) io.err(`${plainText(`${path}:${line}: ${reason}`)}\n`);
      if (undo === null) return;
      if (distrust !== null) throw new UserError(distrust, EXIT.unsafe);
      found.push({ id: campaign, dir, undo });
    });
  return found;
}

interface Meant {
  /** On a machine, where results need not be. */
  readonly is: Wanted;
  /** Which folders of results, or why none is found. */
  readonly folders: () => Promise<readonly Campaign[]>;
}

/**
 * One campaign by its ID or its folder. By a scenario's name all of that scenario: the last one may be a run that was refused
 * because of the one that is to be restored.
 */
async function meantBy(out: string, id: string | undefined): Promise<Meant> {
  if (id === undefined) return { is: () => true, folders: () => findCampaigns(out) };
  const found = await resolveCampaign(out, id).catch((error: unknown) => ({ error }));
  if ('error' in found)
    return { is: (campaign) => couldBe(campaign, id), folders: () => Promise.reject(found.error) };
  const isExact = found.id === id || id === 'latest' || id.includes('/');
  const is: Wanted = (campaign) => campaign === found.id || (!isExact && couldBe(campaign, id));
  const folders = async () => {
    const all = (await findCampaigns(out)).filter((one) => is(one.id));
    return all.length > 0 ? all : [found];
  };
  return { is, folders };
}

/** The ID, the beginning of it, or the scenario's name in it. */
function couldBe(campaign: string, wanted: string): boolean {
  return wanted !== '' && (campaign.startsWith(wanted) || couldBeOf(campaign, wanted));
}

/** One that a machine knows need not have its results here. */
async function campaignsIn({ meant, id }: Journals, local: readonly Place[], asked?: string) {
  try {
    return await meant.folders();
  } catch (error) {
    if (id === undefined) throw error;
    if (asked !== undefined) return [];
    if (local.some(({ before }) => before.campaigns.some(({ campaign }) => meant.is(campaign)))) return [];
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
  refusals: UserError[],
): Promise<readonly Restored[]> {
  const there = knownIn(places, id);
  // Generators beside siptune have a way back of their own.
  const beside = knownIn(local, id);
  // Left alone, because the machine is another campaign's now.
  if ([...there, ...beside].some(({ outcome, now }) => outcome !== 'complete' && !now)) return [];
  const folder = undo.remote?.workDir;
  const now = [...new Set([...there, ...beside].flatMap((known) => known.now ?? []))];
  const failures = now.flatMap((one) => one.failures);
  const fromJournal = undo.originals.filter(
    (original) => (isOfGenerators(original) ? beside : there).length === 0,
  );
  if (there.length === 0 || fromJournal.length > 0) {
    const [lease] = places.map(({ before }) => before.lease);
    if (lease?.state === 'refused')
      throw new UserError(`campaign ${id} cannot be restored now: ${lease.reason}`, EXIT.unsafe);
    const router = undo.remote ? folder : join(dir, 'router');
    const unknown = there.length === 0 ? {} : { routerPids: [], lost: [] };
    const left = { ...undo, originals: fromJournal, ...unknown };
    const journalled = await undoCampaign({ id, dir, undo: left }, { machine, here, router });
    if (folder !== undefined) await machine.run(['rm', '-rf', '--', folder]);
    await note(dir, [...failures, ...journalled.failures], refusals);
    return [journalled];
  }
  if (folder !== undefined) await machine.run(['rm', '-rf', '--', folder]);
  await note(dir, failures, refusals);
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

/** Told where it fails, and not thrown: what was put back is said all the same. */
async function note(dir: string, failures: readonly string[], refusals: UserError[]): Promise<void> {
  const path = join(dir, 'journal.jsonl');
  try {
    const journal = await openJournal(path, systemClock);
    await journal
      .append({ type: 'restored', complete: failures.length === 0, failures })
      .finally(journal.close);
  } catch (error) {
    if (!(error instanceof CannotRecord)) throw error;
    const advice = 'This is about the record alone: make room, and run "siptune restore" once more';
    refusals.push(new CannotRecord(`${error.message}. ${advice}`));
  }
}

/** From the journal alone. */
async function undoCampaign(
  { id, undo }: OpenCampaign,
  { machine, here, router }: { machine: Host; here: Host; router: string | undefined },
): Promise<Restored> {
  if (await stillRuns(here, undo.pid))
    throw new UserError(
      `campaign ${id} is still running as process ${undo.pid}: end it with Ctrl-C (kill -INT ${undo.pid}); it restores by itself`,
      EXIT.unsafe,
    );
  if (process.getuid?.() !== 0)
    throw new UserError(
      `campaign ${id} has settings to put back, which needs root: run siptune restore with sudo`,
      EXIT.unsafe,
    );
  if (router !== undefined) await endLeftoverRouter(machine, undo.routerPids, router);
  const steps = await restoreOriginals(undo.originals, machine, here);
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

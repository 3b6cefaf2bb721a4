// Faults in one campaign, one after the other: the machine before, the strike, the machine after, and what is wrong with it;
// then "siptune resume", and the next strike.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Campaign, FILLER, partedFromJournal, phaseOf, restore, startCampaign } from './campaign.ts';
import { type FarLab, openFarLab } from './far-lab.ts';
import { labNamespaces, leftovers, processesOf } from './leftovers.ts';
import type { Kind, Options, Phase } from './options.ts';
import { CONFIG, writeScenario } from './scenario.ts';
import { changesSince, readSettings, type Settings, writeBack } from './settings.ts';
import { strike } from './strike.ts';
import type { Outcome } from './table.ts';

const POLL_MS = 50;
/** Enough for the journal and the raw files of a few minutes, and quickly filled. */
const RESULTS_DISK = '64m';
/** Campaigns in which the moment of a fault did not come. */
const ATTEMPTS = 3;
/** Exit statuses of a campaign that has ended by itself, with a verdict. */
const WITH_VERDICT: readonly (number | string | undefined)[] = [0, 1];

export interface Chain {
  readonly kind: Kind;
  /** One for each fault, in the order of the phases. */
  readonly phases: readonly Phase[];
  readonly index: number;
  readonly folder: string;
  readonly options: Options;
  readonly random: () => number;
}

/** The machine on which one campaign is struck. */
interface Ground {
  readonly folder: string;
  readonly out: string;
  readonly scenario: string;
  readonly settings: Settings;
  /** The router's configuration. */
  readonly config: string;
  readonly farLab: FarLab | undefined;
}

export async function* runChain(chain: Chain): AsyncGenerator<Outcome> {
  let left = chain.phases;
  let missed = 0;
  for (let n = 1; left.length > 0; n += 1) {
    let struck = 0;
    for await (const outcome of strikeOne({ ...chain, phases: left }, n)) {
      struck += 1;
      yield outcome;
    }
    left = left.slice(struck);
    missed = struck === 0 ? missed + 1 : 0;
    const [phase] = left;
    if (missed < ATTEMPTS || phase === undefined) continue;
    yield lostAt(chain.kind, phase, `no moment for it in ${ATTEMPTS} campaigns`);
    left = left.slice(1);
    missed = 0;
  }
}

/** One campaign; it may be over before all faults have had their moment. */
async function* strikeOne(chain: Chain, n: number): AsyncGenerator<Outcome> {
  const { kind, phases, index, options, random } = chain;
  const ground = await openGround(chain, n);
  const { folder, out, scenario, farLab } = ground;
  try {
    for (const [nth, phase] of phases.entries()) {
      const begin = nth === 0 ? 'run' : 'resume';
      const seed = options.seed + index;
      const campaign = startCampaign({ begin, folder, scenario, out, seed, env: farLab?.env ?? {} });
      const reached = await campaign.reach(phase, random() / partsOf(phase, phases));
      const at = phaseOf(out);
      const changed = isChanged(ground);
      const struck = reached
        ? await strike(kind, { campaign, folder, out, periodS: options.periodS, random, farLab })
        : null;
      if (struck === null) {
        const trouble = await endWithoutFault(campaign, begin, out);
        if (trouble !== '') yield lostAt(kind, phase, trouble);
        return;
      }
      const outcome = { kind, phase: at, changed, ...(await whatCameOf(kind, struck, ground)) };
      yield outcome;
      if (outcome.lost.length > 0) return;
    }
  } finally {
    await close(chain, ground);
  }
}

async function openGround({ kind, phases, index, options, ...chain }: Chain, n: number): Promise<Ground> {
  const folder = join(chain.folder, `${index + 1}-${n}-${kind}-${phases[0]}`);
  const out = join(folder, 'results');
  mkdirSync(out, { recursive: true });
  const farLab = kind === 'link' ? await openFarLab() : undefined;
  const scenario = writeScenario(folder, options, farLab?.target);
  const settings = readSettings();
  const config = readFileSync(join(folder, CONFIG), 'utf8');
  if (kind === 'disk')
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${RESULTS_DISK},mode=0700`, 'tmpfs', out]);
  return { folder, out, scenario, settings, config, farLab };
}

/** Each of several faults in a phase has its share of it, except in those that every campaign that goes on begins or ends with. */
function partsOf(phase: Phase, phases: readonly Phase[]): number {
  return phase === 'prepare' || phase === 'restore' ? 1 : phases.filter((one) => one === phase).length;
}

/** What is wrong with a campaign that was over before its fault's moment had come; empty: it had just been quicker. */
async function endWithoutFault(campaign: Campaign, begin: 'run' | 'resume', out: string): Promise<string> {
  const status = campaign.exitStatus();
  campaign.signal('SIGINT');
  await campaign.exited(60_000);
  const said = () => `(${status}): ${lastLine(campaign.logFile)}`;
  // A campaign that refuses to start is no bad luck: an earlier fault has left something.
  if (phaseOf(out) === 'start') return `the campaign did not start ${said()}`;
  const over = status === undefined || WITH_VERDICT.includes(status) || said().includes('is finished (');
  return begin === 'run' || over ? '' : `the campaign did not go on ${said()}`;
}

async function whatCameOf(
  kind: Kind,
  struck: NonNullable<Awaited<ReturnType<typeof strike>>>,
  { folder, out, settings, config, farLab }: Ground,
): Promise<Pick<Outcome, 'lost' | 'restoredAfterS'>> {
  const lost = struck.note === '' ? [] : [struck.note];
  const untilMs = struck.sinceMs + struck.withinMs;
  const wrong = () => [
    ...changesSince(settings).map(({ path, was, is }) => `${path} is ${is.trim()}, was ${was.trim()}`),
    ...(farLab?.changes() ?? []),
    // siptune itself may be there for longer then; `afterwards` looks.
    ...(kind === 'stop' || kind === 'link' ? [] : leftovers(folder)),
  ];
  let now = wrong();
  while (now.length > 0 && performance.now() < untilMs) {
    await setTimeout(POLL_MS);
    now = wrong();
  }
  const restoredAfterS = now.length === 0 ? (performance.now() - struck.sinceMs) / 1_000 : null;
  lost.push(...now);
  const afterwards = await struck.afterwards();
  if (afterwards !== '') lost.push(afterwards);
  if (kind === 'stop')
    lost.push(
      ...changesSince(settings).map(({ path }) => `${path} was changed again after SIGCONT`),
      ...leftovers(folder),
    );
  if (readFileSync(join(folder, CONFIG), 'utf8') !== config) lost.push('kamailio.cfg was changed');
  if (partedFromJournal(out)) lost.push('the campaign that was resumed and its journal part ways');
  return { lost: [...new Set(lost)], restoredAfterS };
}

function isChanged({ folder, settings, farLab }: Ground): boolean {
  return (
    changesSince(settings).length > 0 ||
    (farLab ? farLab.changes() : labNamespaces()).length > 0 ||
    processesOf(folder).some(({ name }) => name === 'kamailio')
  );
}

async function close({ kind }: Chain, { folder, out, settings, farLab }: Ground): Promise<void> {
  rmSync(join(out, FILLER), { force: true });
  await farLab?.close();
  await clean(folder, out, settings);
  if (kind === 'disk') execFileSync('umount', ['--lazy', out]);
}

/** Whatever happened: the machine is as it was, and the next fault finds it so. */
async function clean(folder: string, out: string, settings: Settings): Promise<void> {
  if (changesSince(settings).length === 0 && leftovers(folder).length === 0) return;
  const { status, text } = await restore(out);
  process.stderr.write(`(siptune restore ended with ${status}: ${text.trim().split('\n')[0]}) `);
  writeBack(changesSince(settings));
  execFileSync(process.execPath, ['--import', 'tsx', 'src/cli.ts', 'lab', 'down'], { stdio: 'ignore' });
  for (const { pid } of processesOf(folder)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}

function lostAt(kind: Kind, phase: Phase, why: string): Outcome {
  return { kind, phase, changed: false, restoredAfterS: null, lost: [why] };
}

function lastLine(path: string): string {
  return readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '';
}

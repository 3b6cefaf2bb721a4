// One fault in one campaign: the machine before, the strike, the machine after, and what is wrong with it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { FILLER, phaseOf, restore, startCampaign } from './campaign.ts';
import { openFarLab } from './far-lab.ts';
import { leftovers, processesOf } from './leftovers.ts';
import type { Kind, Options, Phase } from './options.ts';
import { CONFIG, writeScenario } from './scenario.ts';
import { changesSince, readSettings, type Settings, writeBack } from './settings.ts';
import { strike } from './strike.ts';
import type { Outcome } from './table.ts';

const POLL_MS = 50;
/** Enough for the journal and the raw files of a few minutes, and quickly filled. */
const RESULTS_DISK = '64m';
const ATTEMPTS = 3;

export interface Fault {
  readonly kind: Kind;
  readonly phase: Phase;
  readonly index: number;
  readonly folder: string;
  readonly options: Options;
  readonly random: () => number;
}

export async function runOne(fault: Fault): Promise<Outcome> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryOne(fault, attempt);
    if (outcome !== null) return outcome;
    if (attempt === ATTEMPTS)
      return {
        kind: fault.kind,
        phase: fault.phase,
        restoredAfterS: null,
        lost: [`no moment for it in ${ATTEMPTS} campaigns`],
      };
  }
}

/** Null when the campaign was over before the fault's moment had come. */
async function tryOne(fault: Fault, attempt: number): Promise<Outcome | null> {
  const { kind, phase, index, options, random } = fault;
  const folder = join(fault.folder, `${index + 1}-${attempt}-${kind}-${phase}`);
  const out = join(folder, 'results');
  mkdirSync(out, { recursive: true });
  const farLab = kind === 'link' ? await openFarLab() : undefined;
  const scenario = writeScenario(folder, options, farLab?.target);
  const settings = readSettings();
  const config = readFileSync(join(folder, CONFIG), 'utf8');
  if (kind === 'disk')
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${RESULTS_DISK},mode=0700`, 'tmpfs', out]);
  try {
    const campaign = startCampaign({
      folder,
      scenario,
      out,
      seed: options.seed + index,
      env: farLab?.env ?? {},
    });
    const reached = await campaign.reach(phase, random());
    const struck = reached
      ? await strike(kind, { campaign, folder, out, periodS: options.periodS, random, farLab })
      : null;
    if (struck === null) {
      const status = campaign.exitStatus();
      campaign.signal('SIGINT');
      await campaign.exited(60_000);
      // A campaign that refuses to start is no bad luck: an earlier fault has left something.
      return phaseOf(out) === 'start'
        ? {
            kind,
            phase,
            restoredAfterS: null,
            lost: [`the campaign did not start (${status}): ${lastLine(campaign.logFile)}`],
          }
        : null;
    }
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
    return { kind, phase, lost: [...new Set(lost)], restoredAfterS };
  } finally {
    rmSync(join(out, FILLER), { force: true });
    await farLab?.close();
    await clean(folder, out, settings);
    if (kind === 'disk') execFileSync('umount', ['--lazy', out]);
  }
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

function lastLine(path: string): string {
  return readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '';
}

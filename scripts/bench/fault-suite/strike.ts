// What each kind of fault does to a running campaign, and from when on the time to its restore counts.
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Campaign, FILLER, restore } from './campaign.ts';
import type { FarLab } from './far-lab.ts';
import { leftovers, processesOf } from './leftovers.ts';
import type { Kind } from './options.ts';

export interface Struck {
  /** performance.now() from which the restore is timed. */
  readonly sinceMs: number;
  /** Must be back by then, counted from `sinceMs`. */
  readonly withinMs: number;
  /** What siptune itself did wrong, or nothing. */
  readonly note: string;
  /** What is still to be done once everything was found in place; what siptune did wrong in it, or nothing. */
  readonly afterwards: () => Promise<string>;
}

export interface StrikeDeps {
  readonly campaign: Campaign;
  /** All that belongs to this one fault. */
  readonly folder: string;
  readonly out: string;
  readonly periodS: number;
  /** Numbers from 0 to 1. */
  readonly random: () => number;
  /** For a cut link. */
  readonly farLab: FarLab | undefined;
}

const GRACE_MS = 5_000;
const DEFAULT_PERIOD_S = 60;
/** What siptune may need to notice: a trial that runs, and a restart of the router. */
const NOTICE_MS = 90_000;
/** A campaign that has coped with its fault goes on for so long, and is then interrupted. */
const GO_ON_MS = 15_000;
const VICTIM_WAIT_MS = 30_000;
const FILL_BYTES = 256 * 1024;

const CLOCK_S = 3_600;

const POLL_MS = 10;
/** Exit statuses that no fault may lead to: a bug, or a crash of Node.js. */
const BUG: readonly (number | string)[] = [70, 134, 'SIGABRT', 'SIGSEGV'];

/** Exit statuses of a campaign that came to its own end. */
const FINISHED: readonly (number | string)[] = [0, 1];

const nothing = async () => '';

export async function strike(kind: Kind, deps: StrikeDeps): Promise<Struck | null> {
  switch (kind) {
    case 'kill':
      return kill(deps);
    case 'stop':
      return stop(deps);
    case 'router':
      return killOther('kamailio', deps);
    case 'sipp':
      return killOther('sipp', deps);
    case 'disk':
      return fillDisk(deps);
    case 'clock':
      return moveClock(deps);
    case 'link':
      return cutLink(deps);
  }
}

async function kill({ campaign, out, periodS }: StrikeDeps): Promise<Struck> {
  campaign.signal('SIGKILL');
  const sinceMs = performance.now();
  const withinMs = periodS * 1_000 + GRACE_MS;
  if (periodS > 0) return { sinceMs, withinMs, note: '', afterwards: nothing };
  await campaign.exited(NOTICE_MS);
  const { status, text } = await restore(out);
  return {
    sinceMs,
    withinMs,
    note: status === 0 ? '' : `siptune restore: ${status}, ${text}`,
    afterwards: nothing,
  };
}

/** A laptop that sleeps: everything is back while siptune cannot do anything, and stays so once it goes on. */
async function stop({ campaign, periodS, random }: StrikeDeps): Promise<Struck> {
  campaign.signal('SIGSTOP');
  const sinceMs = performance.now();
  const pauseMs = periodS * 1_000 + GRACE_MS + random() * 5_000;
  const goOn = async () => {
    await setTimeout(Math.max(0, sinceMs + pauseMs - performance.now()));
    campaign.signal('SIGCONT');
    if (await campaign.exited(NOTICE_MS)) return '';
    campaign.signal('SIGINT');
    await campaign.exited(NOTICE_MS);
    return 'siptune went on after the timer had fired';
  };
  if (periodS > 0) return { sinceMs, withinMs: periodS * 1_000 + GRACE_MS, note: '', afterwards: goOn };
  // Without a timer a pause is harmless: it must only end well.
  await setTimeout(pauseMs);
  campaign.signal('SIGCONT');
  return interrupt(campaign, 0);
}

/**
 * A clock that somebody sets: neither siptune nor the timer may notice, so the campaign must be at work still after two periods,
 * and the timer must do what it is for when siptune is killed then.
 */
async function moveClock(deps: StrikeDeps): Promise<Struck> {
  const { campaign, periodS, random } = deps;
  const byS = random() < 0.5 ? -CLOCK_S : CLOCK_S;
  setClock(byS);
  const afterwards = async () => {
    setClock(-byS);
    return '';
  };
  const ended = await campaign.exited(2 * (periodS || DEFAULT_PERIOD_S) * 1_000);
  const status = campaign.exitStatus() ?? '';
  const wrong = ended && !FINISHED.includes(status);
  const killed = await kill(deps);
  const note = wrong ? `siptune ended with ${status} after the clock was set by ${byS} s` : killed.note;
  return { ...killed, note, afterwards };
}

function setClock(byS: number): void {
  execFileSync('date', ['-s', `@${(Date.now() / 1_000 + byS).toFixed(3)}`], { stdio: 'ignore' });
}

/** The target is alone: it must be as it was by its own timer. siptune notices by itself, and leaves nothing here either. */
function cutLink({ campaign, folder, farLab, periodS }: StrikeDeps): Struck | null {
  if (!farLab) return null;
  farLab.cut();
  const afterwards = async () => {
    const noticed = await campaign.exited(NOTICE_MS);
    if (!noticed) campaign.signal('SIGKILL');
    farLab.mend();
    const status = campaign.exitStatus() ?? '';
    const { status: restored, text } = await restore(join(folder, 'results'), farLab.env);
    const wrong = [
      ...(noticed ? [] : ['siptune did not notice that the link was cut']),
      ...(BUG.includes(status) ? [`siptune ended with ${status}`] : []),
      ...(restored === 0 ? [] : [`siptune restore: ${restored}, ${text.trim()}`]),
      ...farLab.changes(),
      ...leftovers(folder).filter((name) => !name.startsWith('namespace')),
    ];
    return wrong.join('; ');
  };
  // There is always a timer for another machine.
  const withinMs = (periodS || DEFAULT_PERIOD_S) * 1_000 + GRACE_MS;
  return { sinceMs: performance.now(), withinMs, note: '', afterwards };
}

/** siptune may go on, with a trial that counts for nothing, or give up: both are right if it restores at its end. */
async function killOther(program: string, { campaign, folder, random }: StrikeDeps): Promise<Struck | null> {
  const untilMs = performance.now() + VICTIM_WAIT_MS;
  while (performance.now() < untilMs && campaign.exitStatus() === undefined) {
    const all = processesOf(folder).filter(({ name }) => name === program);
    const victim = all[Math.floor(random() * all.length)];
    if (victim) {
      try {
        process.kill(victim.pid, 'SIGKILL');
        return interrupt(campaign, GO_ON_MS);
      } catch {
        // It ended between the look and the signal.
      }
    }
    await setTimeout(POLL_MS);
  }
  return null;
}

async function interrupt(campaign: Campaign, afterMs: number): Promise<Struck> {
  await campaign.exited(afterMs);
  campaign.signal('SIGINT');
  return untilGone(campaign, performance.now());
}

async function fillDisk({ campaign, out }: StrikeDeps): Promise<Struck> {
  const filler = join(out, FILLER);
  const block = Buffer.alloc(FILL_BYTES);
  for (let bytes = block.length; bytes >= 1; ) {
    try {
      appendFileSync(filler, block.subarray(0, bytes));
    } catch {
      bytes = Math.floor(bytes / 2);
    }
  }
  return untilGone(campaign, undefined);
}

/** Counts from `sinceMs`, or from siptune's end. */
async function untilGone(campaign: Campaign, sinceMs: number | undefined): Promise<Struck> {
  const gone = await campaign.exited(NOTICE_MS);
  if (!gone) campaign.signal('SIGKILL');
  const status = campaign.exitStatus();
  return {
    sinceMs: sinceMs ?? performance.now(),
    withinMs: sinceMs === undefined ? GRACE_MS : NOTICE_MS,
    note: gone ? (BUG.includes(status ?? '') ? `siptune ended with ${status}` : '') : 'siptune did not end',
    afterwards: nothing,
  };
}

// The lease: one campaign per target machine. A stale one is taken over only after what its campaign changed is restored.
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import { LOOK, TAKE } from './lease-scripts.ts';
import { isRunningHere, type LeaseOwner, nameOf, parseOwner, processStartOf } from './owner.ts';
import { restoreTarget } from './restore-target.ts';
import { LONGEST_PERIOD_CS } from './sh-parts.ts';
import { runScript, type StateDir } from './state-dir.ts';

/** What a campaign left on the target. */
export interface CampaignState {
  readonly campaign: string;
  /** `empty`: it came to nothing before anything was written. */
  readonly outcome: 'empty' | 'unrestored' | 'complete' | 'incomplete';
  /** Time until its timer fires, ms; null when that was in another boot, when it was never started, or when it is damaged. */
  readonly timerMs: number | null;
}

export interface TargetState {
  readonly bootId: string;
  readonly campaigns: readonly CampaignState[];
  readonly lease:
    | { readonly state: 'free' }
    /** `owner` as it stands there, to be told from another's. */
    | {
        readonly state: 'refused';
        readonly owner: string;
        readonly campaign: string;
        readonly reason: string;
      }
    /** Its owner is gone. `campaign` is empty where it was cut short before it was anybody's. */
    | { readonly state: 'stale'; readonly owner: string; readonly campaign: string };
}

export type Acquired =
  | {
      readonly state: 'held';
      readonly token: string;
      readonly owner: string;
      readonly bootId: string;
      /** Campaigns that had left something, now restored. */
      readonly restored: readonly string[];
    }
  | { readonly state: 'refused'; readonly reason: string }
  | { readonly state: 'unrestorable'; readonly campaign: string; readonly failures: readonly string[] };

const OUTCOMES = ['empty', 'complete', 'incomplete'] as const;
const CS_TO_MS = 10;
const ATTEMPTS = 4;
const AGAIN_MS = 1_000;
const TAKE_TIMEOUT_MS = 30_000;

export async function lookAtTarget(state: StateDir): Promise<TargetState> {
  const result = await runScript(state.machine, LOOK, [state.path]);
  if (result.exitCode !== 0)
    throw new UserError(
      `siptune's state on ${state.machine.label} (${state.path}) cannot be read: ${reasonOf(result)}`,
      EXIT.unsafe,
    );
  const lines = result.stdout.split('\n');
  const fact = (name: string) =>
    lines.find((line) => line === name || line.startsWith(`${name} `))?.slice(name.length + 1);
  if (fact('denied') !== undefined)
    throw new UserError(
      `${state.path} on ${state.machine.label} is root's: run siptune with sudo`,
      EXIT.unsafe,
    );
  const bootId = fact('boot') ?? '';
  const now = Number(fact('now'));
  const campaigns = lines.flatMap((line) => campaignIn(line, bootId, now));
  const seen = fact('lease');
  return {
    bootId,
    campaigns,
    lease:
      seen === undefined
        ? { state: 'free' }
        : await judgeLease(state, seen, { bootId, campaigns, pidNamespace: fact('pidns') ?? '' }),
  };
}

function campaignIn(line: string, bootId: string, now: number): readonly CampaignState[] {
  const match = /^campaign (\S+) (\S+)(?: (\S+) (\d+)$)?/.exec(line);
  const campaign = match?.[1];
  if (campaign === undefined) return [];
  // A power cut may have left the timer's file empty: then it has run out, but the campaign is there.
  const outcome = OUTCOMES.find((one) => one === match?.[2]) ?? 'unrestored';
  const leftCs = match?.[3] === bootId ? Number(match[4]) - now : Number.POSITIVE_INFINITY;
  return [{ campaign, outcome, timerMs: leftCs > LONGEST_PERIOD_CS ? null : leftCs * CS_TO_MS }];
}

async function judgeLease(
  { machine }: StateDir,
  seen: string,
  target: Pick<TargetState, 'bootId' | 'campaigns'> & { readonly pidNamespace: string },
): Promise<TargetState['lease']> {
  const owner = parseOwner(seen);
  const timers = target.campaigns.filter(
    ({ outcome, timerMs, campaign }) =>
      outcome !== 'complete' &&
      timerMs !== null &&
      timerMs > 0 &&
      (owner === null || campaign === owner.campaign),
  );
  const wait = timers[0] === undefined ? 0 : Math.ceil((timers[0].timerMs ?? 0) / 1000);
  if (owner === null)
    return wait > 0
      ? {
          state: 'refused',
          owner: seen,
          campaign: '',
          reason: `its lease is damaged, and a campaign's timer still runs for ${wait} s: try again after that`,
        }
      : { state: 'stale', owner: seen, campaign: '' };
  const stale = { state: 'stale', owner: seen, campaign: owner.campaign } as const;
  const refused = (reason: string) =>
    ({ state: 'refused', owner: seen, campaign: owner.campaign, reason }) as const;
  // Where the owner runs on the target or beside us, its process can be looked for, whatever its timer says.
  const runs =
    owner.bootId === target.bootId && owner.pidNamespace === target.pidNamespace
      ? await isRunning(machine, owner)
      : await isRunningHere(owner);
  if (runs !== null)
    return runs
      ? refused(`${nameOf(owner)} works on it: wait for its end, or end it with kill -INT ${owner.pid}`)
      : stale;
  return wait > 0
    ? refused(
        `${nameOf(owner)} works on it, or did until a moment ago: if it is gone, its timer restores everything in ${wait} s`,
      )
    : stale;
}

async function isRunning(machine: StateDir['machine'], owner: LeaseOwner): Promise<boolean> {
  const path = `/proc/${owner.pid}/stat`;
  return processStartOf((await machine.readFiles([path])).get(path) ?? null) === owner.processStart;
}

/** `periodMs` holds until the timer is armed. Takes the lease, after restoring whatever an earlier campaign left; recorded originals are never overwritten. */
export async function acquireLease(
  state: StateDir,
  owner: LeaseOwner,
  periodMs: number,
  clock: Clock,
): Promise<Acquired> {
  const restored: string[] = [];
  const text = JSON.stringify(owner);
  const token = randomBytes(8).toString('hex');
  let busy = 'another siptune is at work on it: try again';
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (attempt > 0) await clock.sleep(AGAIN_MS);
    const before = await lookAtTarget(state);
    if (before.lease.state === 'refused') return { state: 'refused', reason: before.lease.reason };
    for (const { campaign, failures } of await restoreTarget(state, before, { stopAtFailure: true })) {
      if (failures.length > 0) return { state: 'unrestorable', campaign, failures };
      restored.push(campaign);
    }
    const result = await runScript(
      state.machine,
      TAKE,
      [state.path, owner.campaign, token, text, String(Math.round(periodMs / CS_TO_MS))],
      {
        timeoutMs: TAKE_TIMEOUT_MS,
      },
    );
    if (result.stdout.trim() === 'held')
      return { state: 'held', token, owner: text, bootId: before.bootId, restored };
    if (result.exitCode !== 0)
      throw new UserError(
        `the lease cannot be taken: ${state.path} on ${state.machine.label} cannot be written (${reasonOf(result)}). ` +
          'siptune changes nothing that it cannot put back; it needs root and a few kilobytes there',
        EXIT.unsafe,
      );
    busy = `another siptune is at work on it (${result.stdout.trim()}): try again`;
  }
  return { state: 'refused', reason: busy };
}

function reasonOf(result: { readonly stderr: string; readonly timedOut: boolean }): string {
  return result.timedOut ? 'no answer in time' : result.stderr.trim() || 'no answer';
}

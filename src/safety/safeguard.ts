// All of a campaign's safety on its target, in the order in which it must happen: the lease, the way back on the target's disk,
// the dead-man's timer, then writes through a guarded host; at the end the restore, and only then the lease's end.
import { join } from 'node:path/posix';
import type { Emit } from '../campaign/events.ts';
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import type { Host } from '../targets/host.ts';
import type { Original } from '../targets/original.ts';
import { restoreOriginals } from '../targets/originals.ts';
import { FIRED, putFiles, type Renewals, startRenewals, startWatch } from './dead-man.ts';
import { guardedHost } from './guarded-host.ts';
import { acquireLease, lookAtTarget } from './lease.ts';
import { describeOwner } from './owner.ts';
import { renderRestoreScript } from './restore-script.ts';
import { releaseLease } from './restore-target.ts';
import { runRestore } from './run-restore.ts';
import { campaignDir, STATE_DIR, type StateDir, UPTIME } from './state-dir.ts';
import { WATCH_SCRIPT } from './watch-script.ts';

export interface SafeguardDeps {
  readonly machine: Host;
  readonly campaign: string;
  readonly periodMs: number;
  /** The command that restarts the operator's service, and the namespace that it is run in. */
  readonly restartCommand: readonly string[] | undefined;
  readonly routerNetns: string | undefined;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly statePath?: string;
}

/** The reason of an aborted campaign that may write no more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export interface Safeguard {
  /** Aborts with a LeaseLost: the campaign must end, and has been or will be restored by the target itself. */
  readonly signal: AbortSignal;
  /** Takes the lease (restoring what an earlier campaign left) and arms the timer. Throws a UserError when refused. */
  take(): Promise<void>;
  /** The machine, for everything that may change something; there is none before take(). */
  guarded(): Host;
  /** On the target's disk before the lab goes up. */
  coverLab(): Promise<void>;
  /** A folder of this campaign's on the target, which goes away with the restore. */
  coverFolder(path: string): Promise<void>;
  /** On the target's disk before the first write. */
  coverOriginals(originals: readonly Original[]): Promise<void>;
  /** Puts everything back and lets go of the target; `ours` is false when somebody else has the target by now. */
  restore(): Promise<{ readonly failures: readonly string[]; readonly ours: boolean }>;
}

type Held = Extract<Awaited<ReturnType<typeof acquireLease>>, { state: 'held' }>;

export function createSafeguard(deps: SafeguardDeps): Safeguard {
  const { machine, campaign, periodMs, routerNetns, clock } = deps;
  const state: StateDir = { machine, path: deps.statePath ?? STATE_DIR };
  const startedAt = clock.date().toISOString();
  const abort = new AbortController();
  let held: Held | undefined;
  let renewals: Renewals | undefined;
  let guarded: Host | undefined;
  let originals: readonly Original[] = [];
  let lab = false;
  let workFolder: string | undefined;
  let over = false;

  const say = (event: Parameters<Emit>[0]) => void deps.emit(event).catch(() => {});

  const onLost = (reason: string): void => {
    say({ type: 'lease-lost', reason });
    abort.abort(new LeaseLost(reason));
  };

  /** Throws once the lease is lost: a way back that came after the restore would be of no use. */
  const record = async (more: Readonly<Record<string, string>> = {}): Promise<void> => {
    if (!held) throw new Error('the safeguard is used before take()');
    const reason = renewals?.refusal() ?? null;
    if (reason !== null) throw new UserError(reason, EXIT.unsafe);
    const { token, bootId } = held;
    const what = { originals, lab, routerNetns, workFolder };
    const way = { campaign, token, bootId, statePath: state.path, startedAt, ...what };
    await putFiles(state, campaign, {
      'originals.jsonl': originals.map((original) => `${JSON.stringify(original)}\n`).join(''),
      ...more,
      'restore.sh': renderRestoreScript(way),
    });
  };

  const takeLease = async (): Promise<Held> => {
    const acquired = await acquireLease(state, await describeOwner(campaign, startedAt), periodMs, clock);
    switch (acquired.state) {
      case 'held':
        return acquired;
      case 'refused':
        throw new UserError(`${machine.label} is in use: ${acquired.reason}`, EXIT.unsafe);
      case 'unrestorable':
        throw new UserError(
          `campaign ${acquired.campaign} has left ${machine.label} changed, and this cannot be put back: ` +
            `${acquired.failures.join('; ')}. Put it right, then run "siptune restore"; ` +
            `what cannot be put right is given up with "siptune restore --give-up"`,
          EXIT.unsafe,
        );
    }
  };

  const finish = async (lease: Held): Promise<Awaited<ReturnType<Safeguard['restore']>>> => {
    // A timer that has fired since the last renewal has spoilt the last trial: the campaign must know.
    await renewals?.renew();
    await renewals?.stop();
    const run = await runRestore(state, campaign);
    switch (run.state) {
      case 'complete':
        await releaseLease(state, lease.owner, campaign);
        return { failures: [], ours: !run.already };
      case 'incomplete':
        // The lease stays, and with it the timer: it tries once more.
        return { failures: run.failures, ours: true };
      case 'foreign': {
        const { campaigns } = await lookAtTarget(state);
        const own = campaigns.find((one) => one.campaign === campaign);
        return { failures: own?.outcome === 'complete' ? [] : [run.reason], ours: false };
      }
      case 'unknown':
        return (await isGone(join(campaignDir(state, campaign), 'restore.sh')))
          ? withoutTarget()
          : { failures: [run.reason], ours: true };
    }
  };

  const isGone = async (path: string): Promise<boolean> => {
    const files = await machine.readFiles([path, UPTIME]);
    return files.get(path) === null && typeof files.get(UPTIME) === 'string';
  };

  /** Somebody has removed the target's own way back: siptune's is used, unless the target is somebody else's by now. */
  const withoutTarget = async () => {
    const { lease } = await lookAtTarget(state);
    if (lease.state !== 'free' && lease.owner !== held?.owner)
      return { failures: [`${state.path} is gone, and another campaign has the target`], ours: false };
    const steps = await restoreOriginals(originals, machine);
    const failures = steps.flatMap(({ original, outcome }) =>
      outcome.state === 'failed' ? [`${original.knob}: ${outcome.reason}`] : [],
    );
    if (failures.length === 0 && held) await releaseLease(state, held.owner, campaign);
    return { failures, ours: true };
  };

  return {
    signal: abort.signal,

    async take() {
      held = await takeLease();
      const { token, restored } = held;
      for (const earlier of restored) await deps.emit({ type: 'taken-over', campaign: earlier });
      await record({ 'watch.sh': WATCH_SCRIPT });
      const timer = { campaign, token, periodMs };
      const armedAtMs = clock.nowMs();
      const by = await startWatch(state, timer);
      await deps.emit({ type: 'armed', host: machine.label, periodMs, by, state: state.path });
      const onWarning = (message: string) => say({ type: 'warning', message });
      renewals = startRenewals({ state, timer, clock, armedAtMs, onLost, onWarning });
      const { refusal, lose } = renewals;
      guarded = guardedHost(machine, {
        ...{ statePath: state.path, campaign, token, restartCommand: deps.restartCommand },
        refusal,
        refusedByTarget: () => lose(FIRED),
      });
    },

    guarded() {
      if (!guarded) throw new Error('the safeguard is used before take()');
      return guarded;
    },

    async coverLab() {
      lab = true;
      await record();
    },

    async coverFolder(path) {
      workFolder = path;
      await record();
    },

    async coverOriginals(all) {
      originals = all;
      await record();
    },

    async restore() {
      if (!held || over) return { failures: [], ours: !over };
      const outcome = await finish(held).catch((error: unknown) => ({
        failures: [
          `${error instanceof Error ? error.message : String(error)}; the target restores itself within ${periodMs / 1000} s`,
        ],
        ours: true,
      }));
      over = outcome.failures.length === 0;
      return outcome;
    },
  };
}

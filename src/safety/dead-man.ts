// The dead-man's timer: armed before the first write, renewed while siptune lives. What it does when siptune is gone is
// watch-script.ts's business; this file is about noticing that it came too late.
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import { PUT_FILES, RENEW, START_WATCH } from './dead-man-scripts.ts';
import { runScript, type StateDir } from './state-dir.ts';

export interface TimerOf {
  readonly campaign: string;
  readonly token: string;
  readonly periodMs: number;
}

/** systemd-run where systemd is the init. */
export type WatchedBy = 'systemd-run' | 'setsid' | 'nohup';

/** Renewals in a period; one or two may get lost on a bad link. */
const RENEWALS_PER_PERIOD = 5;
/** Share of the period without a renewal after which siptune itself writes no more: the target's clock may be ahead. */
const SILENT_SHARE = 0.8;
/** Intervals that a renewal may take before it is sent again. */
const PATIENCE = 1.5;
const START_TIMEOUT_MS = 60_000;
const CS_PER_S = 100;

/** Puts files on the target's disk, all or none, synced before it returns. */
export async function putFiles(
  state: StateDir,
  campaign: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const lines = Object.entries(files).map(
    ([name, text]) => `${name} ${Buffer.from(text, 'utf8').toString('base64')}\n`,
  );
  const result = await runScript(state.machine, PUT_FILES, [state.path, campaign], {
    input: `${lines.join('')}end\n`,
    timeoutMs: START_TIMEOUT_MS,
  });
  if (result.exitCode === 0 && result.stdout.trim() === 'stored') return;
  throw new UserError(
    `the way back cannot be written to ${state.path} on ${state.machine.label} (${result.stderr.trim() || 'no answer'}): ` +
      'siptune changes nothing that it cannot put back',
    EXIT.unsafe,
  );
}

export async function startWatch(state: StateDir, timer: TimerOf): Promise<WatchedBy> {
  const result = await runScript(state.machine, START_WATCH, argsOf(state, timer), {
    timeoutMs: START_TIMEOUT_MS,
  });
  const by = /^watched (systemd-run|setsid|nohup)$/m.exec(result.stdout)?.[1];
  if (by !== undefined) return by as WatchedBy;
  throw new UserError(
    `the dead-man's timer does not start on ${state.machine.label} (${result.stderr.trim() || 'no answer'}): ` +
      'without it, siptune changes nothing',
    EXIT.unsafe,
  );
}

function argsOf(state: StateDir, { campaign, token, periodMs }: TimerOf): readonly string[] {
  return [state.path, campaign, token, String(Math.round((periodMs / 1000) * CS_PER_S))];
}

export interface Renewals {
  /** Why nothing may be written any more, or null. Also looks at how long ago the last renewal was. */
  refusal(): string | null;
  /** Tells that the target refuses writes. */
  lose(reason: string): void;
  /** Renews now; the target's answer counts as any other renewal's. */
  renew(): Promise<void>;
  /** Ends the renewals; resolves when none is under way. */
  stop(): Promise<void>;
}

export interface RenewalsDeps {
  readonly state: StateDir;
  readonly timer: TimerOf;
  readonly clock: Clock;
  /** On the clock's axis, from before the timer was started. */
  readonly armedAtMs: number;
  readonly onLost: (reason: string) => void;
  readonly onWarning: (message: string) => void;
}

export const FIRED =
  "the dead-man's timer on the target has fired and put every setting back: siptune had not renewed it in time";

export function startRenewals(deps: RenewalsDeps): Renewals {
  const { state, timer, clock } = deps;
  const intervalMs = timer.periodMs / RENEWALS_PER_PERIOD;
  const halt = new AbortController();
  let renewedAtMs = deps.armedAtMs;
  let lost: string | null = null;
  let stopped = false;

  const lose = (reason: string): void => {
    if (lost !== null || stopped) return;
    lost = reason;
    halt.abort();
    deps.onLost(reason);
  };

  const refusal = (): string | null => {
    const silentMs = clock.nowMs() - renewedAtMs;
    // After a pause (a stopped process, a link that was down) this comes before any renewal can tell.
    if (lost === null && silentMs > timer.periodMs * SILENT_SHARE)
      lose(
        `the dead-man's timer was not renewed for ${Math.round(silentMs / 1000)} s (its period is ${timer.periodMs / 1000} s): ` +
          'the target restores itself',
      );
    return lost;
  };

  const renew = async (): Promise<void> => {
    if (lost !== null) return;
    // The target counts from when it gets the renewal, which is later.
    const sentAtMs = clock.nowMs();
    const result = await runScript(state.machine, RENEW, argsOf(state, timer), {
      timeoutMs: intervalMs * PATIENCE,
    });
    const answer = result.stdout.trim();
    if (answer === 'renewed' || answer === 'unwatched') renewedAtMs = sentAtMs;
    else if (answer === 'fired') lose(FIRED);
    else if (answer === 'gone')
      lose('the lease on the target is gone: somebody has restored it, or removed it');
    if (answer !== 'unwatched' || stopped) return;
    deps.onWarning("the dead-man's timer on the target had ended (killed?): started again");
    try {
      await startWatch(state, timer);
    } catch (error) {
      lose(error instanceof Error ? error.message : String(error));
    }
  };

  /** One that fails is repeated; too many of them are what refusal() is for. */
  const renewOrWarn = () =>
    renew().catch((error: unknown) => deps.onWarning(`renewal of the dead-man's timer: ${String(error)}`));

  const loop = (async () => {
    for (;;) {
      await clock.sleep(intervalMs, halt.signal);
      if (stopped || refusal() !== null) return;
      await renewOrWarn();
    }
  })();

  return {
    refusal,
    lose,
    renew: renewOrWarn,
    async stop() {
      stopped = true;
      halt.abort();
      await loop;
    },
  };
}

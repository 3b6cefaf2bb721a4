// Runs a campaign's restore.sh on the target and reads what it says.
import { join } from 'node:path/posix';
import { campaignDir, runScript, type StateDir } from './state-dir.ts';

export interface ScriptStep {
  readonly outcome: 'restored' | 'unchanged' | 'failed' | 'ended';
  readonly what: string;
  /** "FROM -> TO" of what was restored, otherwise a word on it. */
  readonly detail: string;
}

export type RestoreRun =
  /** `already`: it was restored, and let go of, before; nothing was done now. */
  | { readonly state: 'complete'; readonly already: boolean; readonly steps: readonly ScriptStep[] }
  | {
      readonly state: 'incomplete';
      readonly steps: readonly ScriptStep[];
      readonly failures: readonly string[];
    }
  /** Another campaign has the target by now; nothing was touched. */
  | { readonly state: 'foreign'; readonly reason: string }
  /** It did not run, or its end was not seen. */
  | { readonly state: 'unknown'; readonly reason: string };

/** A service may take its time to restart. */
const TIMEOUT_MS = 180_000;
const STATUS_INCOMPLETE = 1;
const STATUS_FOREIGN = 3;

const DAMAGED = 'siptune: the way back is damaged';
/** SCRIPT: of one that was cut short, the part that is there would end as if all of it had been done. */
const RUN_WHOLE = `[ ! -f "$1" ] || [ "$(tail -n 1 -- "$1")" = finish ] || { echo '${DAMAGED}' >&2; exit 70; }
exec sh "$1"`;

export async function runRestore(state: StateDir, campaign: string): Promise<RestoreRun> {
  const script = join(campaignDir(state, campaign), 'restore.sh');
  const { exitCode, stdout, stderr, timedOut } = await runScript(state.machine, RUN_WHOLE, [script], {
    timeoutMs: TIMEOUT_MS,
  });
  const steps = parseSteps(stdout);
  if (exitCode === 0) return { state: 'complete', already: stdout.startsWith('restored-already'), steps };
  const failures = steps.filter(({ outcome }) => outcome === 'failed');
  if (exitCode === STATUS_INCOMPLETE && failures.length > 0)
    return { state: 'incomplete', steps, failures: failures.map(({ what, detail }) => `${what}: ${detail}`) };
  if (exitCode === STATUS_FOREIGN) return { state: 'foreign', reason: stderr.trim() };
  if (stderr.startsWith(DAMAGED))
    return {
      state: 'unknown',
      reason:
        `${script} on ${state.machine.label} is damaged (cut short by a failing disk?), so it was not run. Put back by hand what ` +
        `stands in originals.jsonl beside it; or move the folder away and run "siptune restore" where the campaign's journal is`,
    };
  const why = timedOut ? `no end within ${TIMEOUT_MS / 1000} s` : stderr.trim() || `exit status ${exitCode}`;
  return { state: 'unknown', reason: `${script} on ${state.machine.label}: ${why}` };
}

const OUTCOMES: Readonly<Record<string, ScriptStep['outcome']>> = {
  restored: 'restored',
  unchanged: 'unchanged',
  FAILED: 'failed',
  ended: 'ended',
};

function parseSteps(stdout: string): readonly ScriptStep[] {
  return stdout.split('\n').flatMap((line) => {
    const [word = '', what = '', ...detail] = line.split('\t');
    const outcome = OUTCOMES[word];
    return outcome === undefined ? [] : [{ outcome, what, detail: detail.join(' ') }];
  });
}

// What execa reports about a command, in the words of a host.
import type { CommandResult } from './host.ts';

/** The part of execa's result that counts here; its own types differ with each set of options. */
export interface ExecaOutcome {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly timedOut: boolean;
  readonly code?: string | undefined;
  readonly shortMessage?: string | undefined;
}

/** What ip-netns(8) and taskset(1) say when the program that they should start is not there. */
const NOT_FOUND = /^(?:exec of "[^"]*" failed|taskset: failed to execute .*): No such file or directory/m;

export function resultOf(outcome: ExecaOutcome, file: string): CommandResult {
  const stderr = String(outcome.stderr ?? '');
  // Node reports a missing working directory as ENOENT too.
  const fileMissing = outcome.code === 'ENOENT' && !outcome.shortMessage?.includes('"cwd" option');
  const neverStarted =
    outcome.exitCode === undefined && outcome.signal === undefined && outcome.code !== undefined;
  const reason = fileMissing ? `${file}: not found` : (outcome.shortMessage ?? '');
  return {
    exitCode: outcome.exitCode,
    signal: outcome.signal,
    stdout: String(outcome.stdout ?? ''),
    stderr: stderr || (neverStarted ? reason : ''),
    timedOut: outcome.timedOut,
    notFound: fileMissing || (outcome.exitCode !== 0 && NOT_FOUND.test(stderr)),
  };
}

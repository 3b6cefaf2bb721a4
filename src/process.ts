// The real process around a command: its streams, its signals, and what becomes of errors. It decides exit statuses.
import { createInterface } from 'node:readline';
import type { CommandIo } from './commands/command-io.ts';
import type { Invocation } from './commands/options.ts';
import { diskProblem, EXIT, type ExitStatus, UserError, writeProblemOf } from './errors.ts';
import { plainText } from './report/plain-text.ts';

const interruption = new AbortController();
let finished = false;
let bugSeen = false;
let outputLost = false;
let onlyReads = false;

export const io: CommandIo = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  lines: () => createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }),
  isTerminal: process.stderr.isTTY === true,
  signal: interruption.signal,
  env: process.env,
};

/** Call first. */
export function prepareProcess(): void {
  // Until a command has said otherwise: a process whose work silently dries up has not succeeded.
  process.exitCode = EXIT.bug;
  // A reader that has seen enough (| head), or a terminal that was closed, must not end a campaign before its restore.
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') {
      // A command that only answers has nobody left to answer, and its stdin may never end.
      if (onlyReads) process.exit(EXIT.ok);
      return;
    }
    outputLost = true;
    io.err(`siptune: stdout cannot be written: ${writeProblemOf(error).why}\n`);
  });
  process.on('beforeExit', () => {
    if (!finished) io.err('siptune has a bug: it ended before its work was done; run "siptune restore"\n');
  });
}

/** Runs a command to its end, whatever happens meanwhile. */
export async function perform({ changesMachine, execute }: Invocation): Promise<ExitStatus> {
  if (changesMachine) listenToSignals();
  onlyReads = !changesMachine;
  process.on('uncaughtException', (error) => {
    const status = explain(error);
    if (!changesMachine) process.exit(status);
    // A bug in a callback must not take the way back with it: the command is interrupted, and restores.
    interruption.abort();
  });
  try {
    const status = await execute(io);
    return bugSeen ? EXIT.bug : status;
  } catch (error) {
    return explain(error);
  }
}

/** One clear message for what the user can mend, the stack for what is ours. */
export function explain(error: unknown): ExitStatus {
  const known = error instanceof UserError ? error : diskProblem(error);
  if (known !== null) {
    // Messages quote names, files and other programs: none of them may steer the terminal.
    io.err(`${known.message.split('\n').map(plainText).join('\n')}\n`);
    return known.exitStatus;
  }
  bugSeen = true;
  const details = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.err(`siptune has a bug: ${details}\n`);
  return EXIT.bug;
}

/** Ends the process once everything that was said has been written. */
export async function finish(status: ExitStatus): Promise<void> {
  finished = true;
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) => new Promise<void>((done) => stream.write('', () => done())),
    ),
  );
  // Who asked for data and did not get it must not take it for a success.
  process.exit(outputLost && status === EXIT.ok ? EXIT.unsafe : status);
}

function listenToSignals(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      // Never forced: a restore that is cut short leaves the router worse than it was.
      io.err(
        interruption.signal.aborted
          ? 'siptune: still putting everything back; this is not cut short\n'
          : `siptune: ${name} received: stopping, and putting everything back\n`,
      );
      interruption.abort();
    });
}

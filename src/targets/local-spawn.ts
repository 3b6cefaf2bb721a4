// Starts a long-running command on this machine, as the leader of a process group of its own.
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa, type Options } from 'execa';
import { EXIT, UserError } from '../errors.ts';
import { howToGet } from './debian-package.ts';
import type { RunningCommand, SpawnOptions } from './host.ts';
import { resultOf } from './local-result.ts';
import { sweepGroup } from './process-group.ts';

/** A terminal's Ctrl-C does not reach the group, and kill() ends its children too. */
export async function spawnGroup(
  prefix: readonly string[],
  argv: readonly string[],
  options: SpawnOptions,
  label: string,
): Promise<RunningCommand> {
  const pinned = options.cpus === undefined ? argv : ['taskset', '-c', options.cpus, ...argv];
  const [file, ...args] = [...prefix, ...pinned] as [string, ...string[]];
  // ip(8) and taskset(1) would start, and only then fail to find what they should run.
  for (const program of [argv[0], pinned[0], prefix[0]])
    if (program !== undefined) await requireExecutable(program, options, label);
  const { child } = await startChild(file, args, options);
  const { pid } = child;
  const exited = child.then((outcome) => resultOf(outcome, file));
  // At its end, not at that of its output: what is left may hold on to that.
  const swept =
    options.sweepGroup && pid !== undefined
      ? endOf(child).then(() => sweepGroup(pid))
      : exited.then(() => {});
  if (pid === undefined)
    throw new UserError(`${argv[0]} cannot be started on ${label}: ${(await exited).stderr}`, EXIT.unsafe);
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  return {
    pid,
    exited,
    swept,
    kill(signal) {
      if (ended) return;
      try {
        process.kill(-pid, signal);
      } catch {
        // The group has ended between our look and the signal.
      }
    },
  };
}

/** Also of a child that has ended before anybody could listen, as a router with a broken configuration does. */
function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}

async function startChild(file: string, args: readonly string[], options: SpawnOptions) {
  const [out, err] = await Promise.all(
    [options.stdoutFile, options.stderrFile].map((path) =>
      path === undefined ? undefined : open(path, 'a'),
    ),
  );
  const execaOptions: Options = {
    reject: false,
    detached: true,
    cleanup: false,
    stripFinalNewline: false,
    stdin: 'ignore',
    // The child writes to the file itself, also when siptune is gone; execa's types know only a few of the descriptors.
    stdout: (out ? out.fd : 'pipe') as 'pipe',
    stderr: (err ? err.fd : 'pipe') as 'pipe',
    ...(options.env ? { env: options.env } : {}),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  };
  const child = execa(file, args, execaOptions);
  await Promise.all([out?.close(), err?.close()]);
  // Wrapped: a child is a promise of its own end, which an async function would wait for.
  return { child };
}

async function requireExecutable(program: string, options: SpawnOptions, label: string): Promise<void> {
  const path = options.env?.PATH ?? process.env.PATH ?? '';
  const candidates = program.includes('/')
    ? [join(options.cwd ?? '.', program), program]
    : path.split(delimiter).map((folder) => join(folder, program));
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      return;
    } catch {
      // Not here.
    }
  }
  throw new UserError(`${program} is not on ${label}: ${howToGet(program)}`, EXIT.unsafe);
}

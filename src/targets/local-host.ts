// This machine as a host, by execa; inside a network namespace by ip-netns(8). No command passes through a shell with a
// value in it: the one script below is constant, and paths reach it as positional arguments.
import { open, readFile, writeFile } from 'node:fs/promises';
import { execa, type Options } from 'execa';
import { UserError } from '../errors.ts';
import type { CommandResult, Host, RunningCommand, SpawnOptions } from './host.ts';

const DEFAULT_TIMEOUT_MS = 15_000;

/** Prints each file as one line of base64, "-" where it cannot be read: many files in one round trip. */
const READ_FILES_SCRIPT =
  'for f in "$@"; do if [ -r "$f" ] && c=$(base64 -w0 < "$f" 2>/dev/null); then echo "+$c"; else echo "-"; fi; done';

export function createLocalHost(): Host {
  return hostIn(undefined);
}

function hostIn(netns: string | undefined): Host {
  const prefix = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
  const label = netns === undefined ? 'local' : `local, netns ${netns}`;

  const host: Host = {
    label,
    netns,

    async run(argv, options = {}) {
      const [file, ...args] = [...prefix, ...argv] as [string, ...string[]];
      return resultOf(
        await execa(file, args, {
          reject: false,
          stripFinalNewline: false,
          timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
          ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
          ...(options.env ? { env: options.env } : {}),
          ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        }),
        argv[0] ?? '',
      );
    },

    async spawn(argv, options = {}) {
      const pinned = options.cpus === undefined ? argv : ['taskset', '-c', options.cpus, ...argv];
      const [file, ...args] = [...prefix, ...pinned] as [string, ...string[]];
      return spawnGroup(file, args, options, `${argv[0]} (on ${label})`);
    },

    async readFiles(paths) {
      if (netns === undefined)
        return new Map(await Promise.all(paths.map(async (path) => [path, await readOrNull(path)] as const)));
      const result = await host.run(['sh', '-c', READ_FILES_SCRIPT, 'sh', ...paths]);
      const lines = result.stdout.split('\n');
      return new Map(
        paths.map((path, index) => {
          const line = lines[index] ?? '-';
          return [path, line.startsWith('+') ? Buffer.from(line.slice(1), 'base64').toString('utf8') : null];
        }),
      );
    },

    async writeFile(path, text) {
      if (netns === undefined) return writeFile(path, text);
      const result = await host.run(['tee', path], { input: text });
      if (result.exitCode !== 0) throw new Error(result.stderr.trim() || `tee ${path} failed`);
    },

    inNetns: (name) => hostIn(name),
  };
  return host;
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

interface ExecaOutcome {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly timedOut: boolean;
  readonly code?: string | undefined;
}

/** What ip-netns(8) and taskset(1) say when the program that they should start is not there. */
const NOT_FOUND = /exec of "[^"]*" failed: No such file|failed to execute [^:]*: No such file/;

function resultOf(outcome: ExecaOutcome, program: string): CommandResult {
  const stderr = String(outcome.stderr ?? '');
  return {
    exitCode: outcome.exitCode,
    signal: outcome.signal,
    stdout: String(outcome.stdout ?? ''),
    stderr: stderr || (outcome.code === 'ENOENT' ? `${program}: not found` : ''),
    timedOut: outcome.timedOut,
    notFound: outcome.code === 'ENOENT' || (outcome.exitCode !== 0 && NOT_FOUND.test(stderr)),
  };
}

/** Leads a process group of its own: a terminal's Ctrl-C does not reach it, and kill() ends its children too. */
async function spawnGroup(
  file: string,
  args: readonly string[],
  options: SpawnOptions,
  what: string,
): Promise<RunningCommand> {
  const files = await Promise.all(
    [options.stdoutFile, options.stderrFile].map((path) =>
      path === undefined ? undefined : open(path, 'a'),
    ),
  );
  const [out, err] = files;
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
  for (const handle of files) await handle?.close();
  const exited = child.then((outcome) => resultOf(outcome, what));
  const { pid } = child;
  if (pid === undefined) {
    await exited;
    throw new UserError(`${what} cannot be started: it is not installed`);
  }
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  return {
    pid,
    exited,
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

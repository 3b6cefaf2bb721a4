// This machine as a host, by execa; inside a network namespace by ip-netns(8). No command passes through a shell with a
// value in it.
import type { ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { writeProblemOf } from '../errors.ts';
import { filesIn, readFilesArgv, writeFilesArgv, writeResultsIn } from './file-scripts.ts';
import type { FileWrite, FileWriteResult, Host } from './host.ts';
import { resultOf } from './local-result.ts';
import { spawnGroup } from './local-spawn.ts';
import { notWritten } from './not-written.ts';

const DEFAULT_TIMEOUT_MS = 15_000;
/** From SIGTERM to SIGKILL for a command that takes too long. */
const KILL_AFTER_MS = 1_000;
const OUTPUT_LOOK_MS = 100;

export function createLocalHost(): Host {
  return hostIn(undefined, undefined);
}

function hostIn(netns: string | undefined, machine: Host | undefined): Host {
  // ip(8) replaces itself by the program: the process ID is the program's own.
  const prefix = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
  const label = netns === undefined ? 'local' : `local, netns ${netns}`;

  const host: Host = {
    label,
    netns,
    remote: false,
    get machine() {
      return machine ?? host;
    },

    async run(argv, options = {}) {
      const [file, ...args] = [...prefix, ...argv] as [string, ...string[]];
      const child = execa(file, args, {
        reject: false,
        stripFinalNewline: false,
        // A session of its own: Ctrl-C at the terminal must not cut a command short that restores a setting.
        detached: true,
        cleanup: false,
        ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
        ...(options.env ? { env: options.env } : {}),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      });
      const limit = endAfter(child.pid, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
      letGoOfOutput(child);
      const outcome = await child;
      return resultOf({ ...outcome, timedOut: limit.stop() }, file);
    },

    spawn: (argv, options = {}) => spawnGroup(prefix, argv, options, label),

    async readFiles(paths) {
      if (paths.length === 0) return new Map();
      if (netns === undefined)
        return new Map(await Promise.all(paths.map(async (path) => [path, await readOrNull(path)] as const)));
      return filesIn((await host.run(readFilesArgv(paths))).stdout, paths);
    },

    async writeFile(path, text) {
      if (netns === undefined)
        return writeFile(path, text).catch((error) => {
          throw notWritten(path, label, writeProblemOf(error).why);
        });
      const result = await host.run(['tee', '--', path], { input: text });
      if (result.exitCode !== 0) throw notWritten(path, label, result.stderr.trim());
    },

    async writeFiles(writes) {
      if (netns !== undefined) {
        const { stdout, stderr } = await host.run(writeFilesArgv(writes));
        return writeResultsIn(stdout, writes, stderr);
      }
      const results: FileWriteResult[] = [];
      for (const write of writes) results.push(await writeAndReadBack(write));
      return results;
    },

    inNetns: (name) => hostIn(name, host.machine),
  };
  return host;
}

/**
 * A daemon that a command left may hold on to its output for ever. Once the command has ended, nobody waits for more than
 * what is there: two looks without data, between which everything that was in the pipe is read.
 */
function letGoOfOutput(child: ChildProcess): void {
  let more = true;
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams)
    stream.on('data', () => {
      more = true;
    });
  const look = (): void => {
    if (streams.every((stream) => stream.readableEnded || stream.destroyed)) return;
    if (!more) for (const stream of streams) stream.destroy();
    else {
      more = false;
      setTimeout(look, OUTPUT_LOOK_MS);
    }
  };
  child.once('exit', () => setTimeout(look, OUTPUT_LOOK_MS));
}

/** Ends the whole group: a child that is left would hold on to the output, and with it the result. */
function endAfter(pid: number | undefined, timeoutMs: number): { stop(): boolean } {
  let timedOut = false;
  let kill: NodeJS.Timeout | undefined;
  const end = setTimeout(() => {
    timedOut = true;
    signalGroup(pid, 'SIGTERM');
    kill = setTimeout(() => signalGroup(pid, 'SIGKILL'), KILL_AFTER_MS);
  }, timeoutMs);
  return {
    stop() {
      clearTimeout(end);
      clearTimeout(kill);
      return timedOut;
    },
  };
}

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return null;
  }
}

async function writeAndReadBack({ path, text }: FileWrite): Promise<FileWriteResult> {
  try {
    await writeFile(path, text);
  } catch (error) {
    return { state: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
  return { state: 'written', readBack: await readOrNull(path) };
}

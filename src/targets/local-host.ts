// This machine as a host, by execa; inside a network namespace by ip-netns(8). No command passes through a shell with a
// value in it: the one script below is constant, and paths reach it as positional arguments.
import { readFile, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { Host } from './host.ts';
import { resultOf } from './local-result.ts';
import { spawnGroup } from './local-spawn.ts';

const DEFAULT_TIMEOUT_MS = 15_000;

/** Prints each file as one line of base64, "-" where it cannot be read: many files in one round trip. */
const READ_FILES_SCRIPT =
  'for f in "$@"; do if [ -r "$f" ] && c=$(base64 -w0 < "$f" 2>/dev/null); then echo "+$c"; else echo "-"; fi; done';

export function createLocalHost(): Host {
  return hostIn(undefined);
}

function hostIn(netns: string | undefined): Host {
  // ip(8) replaces itself by the program: the process ID is the program's own.
  const prefix = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
  const label = netns === undefined ? 'local' : `local, netns ${netns}`;

  const host: Host = {
    label,
    netns,

    async run(argv, options = {}) {
      const [file, ...args] = [...prefix, ...argv] as [string, ...string[]];
      const outcome = await execa(file, args, {
        reject: false,
        stripFinalNewline: false,
        // A session of its own: Ctrl-C at the terminal must not cut a command short that restores a setting.
        detached: true,
        cleanup: false,
        timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
        ...(options.env ? { env: options.env } : {}),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      });
      return resultOf(outcome, file);
    },

    spawn: (argv, options = {}) => spawnGroup(prefix, argv, options, label),

    async readFiles(paths) {
      if (paths.length === 0) return new Map();
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
      const result = await host.run(['tee', '--', path], { input: text });
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

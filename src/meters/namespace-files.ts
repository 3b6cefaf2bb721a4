// /proc/net and /sys of a network namespace without a process per look. A sleeping process is kept inside the namespace
// while meters run, and its view is read through /proc/PID: seven meters cost file reads instead of dozens of forks.

import type { Clock } from '../clock.ts';
import type { Host, RunningCommand } from '../targets/host.ts';

export type FileTexts = ReadonlyMap<string, string | null>;

export interface NamespaceFiles {
  readonly label: string;
  /** Each user calls open() before and close() after; the sleeper lives as long as there are users. */
  open(): Promise<void>;
  read(paths: readonly string[]): Promise<FileTexts>;
  close(): Promise<void>;
}

/** It dies with siptune (pdeathsig), and in any case after this. */
const SLEEPER_ARGV = ['setpriv', '--pdeathsig', 'KILL', 'sleep', '3600'] as const;
const SLEEPER_COMM = 'sleep';
const ENTER_POLLS = 40;
const ENTER_POLL_MS = 2;

export function createNamespaceFiles(machine: Host, host: Host, clock: Clock): NamespaceFiles {
  let users = 0;
  let sleeper: Promise<RunningCommand | null> | undefined;
  const enter = async () => {
    try {
      const command = await host.spawn(SLEEPER_ARGV);
      if (await hasEntered(machine, command.pid, clock)) return command;
      command.kill('SIGKILL');
    } catch {
      // No setpriv, or no room for a process: the host reads its files itself, which only costs more.
    }
    return null;
  };

  return {
    label: host.label,
    async open() {
      users += 1;
      // On another machine the reads of all meters share one round trip anyway.
      if (host.netns === undefined || host.remote) return;
      sleeper ??= enter();
      await sleeper;
    },
    async read(paths) {
      const command = await sleeper;
      if (!command) return host.readFiles(paths);
      const seen = await machine.readFiles(paths.map((path) => throughPid(command.pid, path)));
      return new Map(paths.map((path) => [path, seen.get(throughPid(command.pid, path)) ?? null]));
    },
    async close() {
      users -= 1;
      if (users > 0) return;
      const ending = sleeper;
      sleeper = undefined;
      const command = await ending;
      command?.kill('SIGKILL');
      await command?.exited;
    },
  };
}

/** ip-netns(8) becomes the sleeper only after it has changed namespaces, so the name tells that it is inside. */
async function hasEntered(machine: Host, pid: number, clock: Clock): Promise<boolean> {
  const path = `/proc/${pid}/comm`;
  for (let poll = 0; poll < ENTER_POLLS; poll++) {
    const comm = (await machine.readFiles([path])).get(path)?.trim();
    if (comm === SLEEPER_COMM) return true;
    await clock.sleep(ENTER_POLL_MS);
  }
  return false;
}

/** /sys needs the sleeper's mounts as well: ip-netns(8) mounts a sysfs of the namespace's own. */
function throughPid(pid: number, path: string): string {
  return path.startsWith('/proc/net/') ? path.replace('/proc/', `/proc/${pid}/`) : `/proc/${pid}/root${path}`;
}

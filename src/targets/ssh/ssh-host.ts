// Another machine as a host, over the system's OpenSSH: as root, or through "sudo -n" where the user is not.

import { filesIn, readFilesArgv, writeFilesArgv, writeResultsIn } from '../file-scripts.ts';
import type { Host } from '../host.ts';
import { notWritten } from '../not-written.ts';
import { runText } from './command-text.ts';
import { createConnection } from './connection.ts';
import { splitOutput } from './frames.ts';
import { createLanes, type Lanes } from './lanes.ts';
import { batched } from './read-batch.ts';
import { filesInAnswer, readText } from './read-text.ts';
import { type SshAddress, showSshAddress } from './ssh-address.ts';
import { endedByTimeout, resultOfStatus } from './ssh-result.ts';
import { spawnThere } from './ssh-spawn.ts';

export interface SshHost extends Host {
  /** Connects and becomes root; a UserError says why it cannot. Without it the first use does. */
  connect(): Promise<void>;
  /** Ends the connection. What was spawned there and not killed goes on. */
  close(): Promise<void>;
}

export interface SshOptions extends SshAddress {
  /** Another ssh configuration file than the user's and the system's (ssh -F). */
  readonly configFile?: string | undefined;
}

const DEFAULT_TIMEOUT_MS = 15_000;
const READ_TIMEOUT_MS = 5_000;

export function createSshHost(options: SshOptions): SshHost {
  const label = showSshAddress(options);
  const lanes = createLanes(createConnection(options, label, options.configFile), label);
  return {
    ...hostIn(lanes, label, undefined, undefined),
    connect: () => lanes.open(),
    close: () => lanes.close(),
  };
}

function hostIn(lanes: Lanes, label: string, netns: string | undefined, machine: Host | undefined): Host {
  const host: Host = {
    label: netns === undefined ? label : `${label}, netns ${netns}`,
    netns,
    remote: true,
    get machine() {
      return machine ?? host;
    },

    async run(argv, runOptions = {}) {
      const timeoutMs = runOptions.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const text = runText(argv, { netns }, runOptions, timeoutMs);
      const lane = await lanes.take();
      const startMs = performance.now();
      const { input } = runOptions;
      const { body, status } = await lane.request({
        kind: 'run',
        text,
        timeoutMs,
        ...(input === undefined ? {} : { input }),
      });
      const { stdout, stderr } = splitOutput(body, lane.mark);
      const result = resultOfStatus(status, stdout, stderr, argv[0] ?? '');
      return endedByTimeout(status, performance.now() - startMs, timeoutMs)
        ? { ...result, exitCode: undefined, signal: 'SIGTERM', timedOut: true }
        : result;
    },

    spawn: (argv, spawnOptions = {}) => spawnThere(lanes, argv, netns, spawnOptions, host.label),

    readFiles: batched(async (paths) => {
      const lane = await lanes.take();
      const text = readText(paths, netns);
      const { body, status } = await lane.request({ kind: 'raw', text, timeoutMs: READ_TIMEOUT_MS });
      const { texts, uncertain } = filesInAnswer(body, status, paths, lane.mark);
      if (uncertain.length === 0) return texts;
      const again = filesIn((await host.run(readFilesArgv(uncertain))).stdout, uncertain);
      return new Map([...texts, ...again]);
    }),

    async writeFile(path, text) {
      const result = await host.run(['tee', '--', path], { input: text });
      if (result.exitCode !== 0) throw notWritten(path, host.label, result.stderr.trim());
    },

    async writeFiles(writes) {
      if (writes.length === 0) return [];
      const { stdout, stderr } = await host.run(writeFilesArgv(writes));
      return writeResultsIn(stdout, writes, stderr);
    },

    inNetns: (name) => hostIn(lanes, label, name, host.machine),
  };
  return host;
}

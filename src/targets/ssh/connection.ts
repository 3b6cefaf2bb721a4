// One connection of the system's OpenSSH client for all that is done on a machine: a control master in the background,
// whose socket lies in a folder of ours. The operator's keys, agents, jump hosts and known_hosts count.
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type ResultPromise } from 'execa';
import { EXIT, UserError } from '../../errors.ts';
import { quoteAll } from '../shell-quote.ts';
import { connectionError } from './connection-errors.ts';
import type { SshAddress } from './ssh-address.ts';

const CONNECT_TIMEOUT_S = 10;
/** Besides connecting: keys, jump hosts, a slow login. */
const LOGIN_TIMEOUT_MS = 30_000;
/** A link that is silent for as long as both together make is dead. */
const ALIVE_INTERVAL_S = 5;
const ALIVE_COUNT = 3;
/** A master whose siptune was killed goes away by itself. */
const IDLE_S = 60;
/** A failure holds for this long: a restore of many settings must not wait for each of them. */
const FAILURE_HOLDS_MS = 5_000;
/** Unix sockets take 108 bytes, and ssh adds a suffix of 17 while it makes one. */
const MAX_FOLDER_LENGTH = 60;

export interface Connection {
  /** Starts a command there, with its streams as pipes. Connects where there is no connection (any more). */
  start(argv: readonly string[]): Promise<{ readonly ssh: ResultPromise<typeof STREAMS> }>;
  /** What the operator would type after "ssh". */
  readonly destination: string;
  close(): Promise<void>;
}

/** `configFile` replaces the user's and the system's ssh configuration (ssh -F). */
export function createConnection(
  address: SshAddress,
  label: string,
  configFile: string | undefined,
): Connection {
  const { user, name, port } = address;
  const where = [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(user === undefined ? [] : ['-l', user]),
  ];
  const destination = quoteAll([...where, name]);
  let folder: string | undefined;
  let master: Promise<void> | undefined;
  let failure: { readonly error: unknown; readonly untilMs: number } | undefined;

  const controlled = async (...more: string[]): Promise<string[]> => {
    folder ??= await mkdtemp(join(tmpdir().length > MAX_FOLDER_LENGTH ? '/tmp' : tmpdir(), 'siptune-'));
    return ['-S', join(folder, 'ssh'), ...more, ...where, '--', name];
  };

  const isUp = async () => (await ssh(await controlled('-O', 'check'))).exitCode === 0;

  const connect = async (): Promise<void> => {
    if (await isUp()) return;
    if (failure && performance.now() < failure.untilMs) throw failure.error;
    const argv = await controlled(...['-f', '-N', '-M', ...MASTER_OPTIONS]);
    const logFile = join(folder ?? '', 'log');
    const log = await open(logFile, 'w', 0o600);
    // The master stays, and with it what it was given for its error output: a file, which nobody waits for.
    const result = await ssh(argv, { stderr: log.fd }).finally(() => log.close());
    if (result.exitCode === 0) return;
    const said = await readFile(logFile, 'utf8');
    const late = result.timedOut ? `${said}\nno login within ${LOGIN_TIMEOUT_MS / 1000} s: timed out` : said;
    const error = result.code === 'ENOENT' ? NO_SSH : connectionError(label, destination, late);
    failure = { error, untilMs: performance.now() + FAILURE_HOLDS_MS };
    throw error;
  };

  return {
    destination,
    async start(argv) {
      // Several at once wait for one connection; each makes sure that it is still there.
      master ??= connect().finally(() => {
        master = undefined;
      });
      await master;
      // Without the master this would quietly become a connection of its own.
      const args = await controlled('-T', '-o', 'ControlMaster=no', '-o', 'ProxyCommand=false');
      // Wrapped: a child is a promise of its own end, which an async function would wait for.
      return { ssh: execa('ssh', [...args, quoteAll(argv)], STREAMS) };
    },
    async close() {
      if (folder === undefined) return;
      await ssh(await controlled('-O', 'exit'));
      await rm(folder, { recursive: true, force: true });
      folder = undefined;
    },
  };
}

const MASTER_OPTIONS = [
  ...['-o', 'BatchMode=yes'],
  ...['-o', 'StrictHostKeyChecking=yes'],
  ...['-o', `ConnectTimeout=${CONNECT_TIMEOUT_S}`],
  ...['-o', `ServerAliveInterval=${ALIVE_INTERVAL_S}`],
  ...['-o', `ServerAliveCountMax=${ALIVE_COUNT}`],
  ...['-o', `ControlPersist=${IDLE_S}`],
  // Nothing of the operator's convenience: no forwardings, which may fail, and no commands of his own.
  ...['-o', 'ClearAllForwardings=yes', '-o', 'ForwardAgent=no', '-o', 'PermitLocalCommand=no'],
  ...['-o', 'RemoteCommand=none', '-o', 'RequestTTY=no', '-o', 'LogLevel=INFO'],
];

/** Ctrl-C at the terminal must not cut the connection over which everything is put back. */
const OURS = { reject: false, detached: true, cleanup: false, stripFinalNewline: false } as const;

const STREAMS = {
  ...OURS,
  stdin: 'pipe',
  stdout: 'pipe',
  stderr: 'pipe',
  encoding: 'buffer',
  buffer: false,
} as const;

const NO_SSH = new UserError(
  "ssh is not installed here: install Debian's package openssh-client, or run siptune on the target itself",
  EXIT.unsafe,
);

async function ssh(argv: readonly string[], { stderr }: { stderr?: number } = {}) {
  return execa('ssh', argv, {
    ...OURS,
    stdin: 'ignore',
    stdout: 'ignore',
    // execa's types know only a few of the descriptors.
    stderr: (stderr ?? 'ignore') as 'ignore',
    timeout: LOGIN_TIMEOUT_MS,
  });
}

// A host through which a campaign changes its target: whatever could change something is carried out only while the lease is
// held, which is looked up here and once more on the target, together with the change.
import { EXIT, UserError } from '../errors.ts';
import { writeResultsIn } from '../targets/file-scripts.ts';
import type { CommandResult, FileWriteResult, Host } from '../targets/host.ts';
import {
  GUARDED_RESTART,
  GUARDED_RUN,
  GUARDED_SPAWN,
  GUARDED_WRITE,
  GUARDED_WRITES,
  REFUSED,
  REFUSED_STATUS,
} from './guard-scripts.ts';

export interface WritePermit {
  readonly statePath: string;
  readonly campaign: string;
  readonly token: string;
  /** Why nothing may be written now, or null. */
  refusal(): string | null;
  /** The target has refused a write: somebody has restored it meanwhile. */
  refusedByTarget(): void;
  /** The command that restarts the operator's service, if there is one. */
  readonly restartCommand: readonly string[] | undefined;
}

/** They only look, and are called often. */
const READERS = new Set(['ss', 'getconf', 'uname', 'ps', 'id', 'realpath', 'cat', 'ls', 'stat', 'tail']);
/** Verbs of ip(8) and tc(8) that only look. */
const LOOKING = new Set(['show', 'list', 'pids', 'get']);

export function guardedHost(host: Host, permit: WritePermit): Host {
  return guardedIn(host, permit, undefined);
}

function guardedIn(host: Host, permit: WritePermit, machine: Host | undefined): Host {
  const { statePath, campaign, token } = permit;
  const guard = (script: string, words: readonly string[]) => [
    ...['sh', '-c', script, 'siptune'],
    ...[statePath, campaign, token],
    ...words,
  ];
  const found = new Set<string>();

  const wasRefused = ({ exitCode, stderr }: CommandResult): boolean => {
    if (exitCode !== REFUSED_STATUS || !stderr.includes(`${REFUSED} ${token}`)) return false;
    permit.refusedByTarget();
    return true;
  };
  const mayWrite = () => {
    const reason = permit.refusal();
    if (reason !== null) throw new UserError(reason, EXIT.unsafe);
  };

  const guarded: Host = {
    label: host.label,
    netns: host.netns,
    remote: host.remote,
    get machine() {
      return machine ?? guarded;
    },
    readFiles: (paths) => host.readFiles(paths),
    inNetns: (netns) => guardedIn(host.inNetns(netns), permit, guarded.machine),

    async run(argv, options) {
      if (onlyLooks(argv)) return host.run(argv, options);
      const reason = permit.refusal();
      if (reason !== null) return refusedResult(reason);
      const restarts = permit.restartCommand !== undefined && sameWords(argv, permit.restartCommand);
      const result = await host.run(guard(restarts ? GUARDED_RESTART : GUARDED_RUN, argv), options);
      if (wasRefused(result)) return refusedResult(permit.refusal() ?? REFUSED);
      return result.exitCode === 127 && /exec: .*not found/.test(result.stderr)
        ? { ...result, notFound: true }
        : result;
    },

    async writeFile(path, text) {
      mayWrite();
      const bytes = String(Buffer.byteLength(text));
      const result = await host.run(guard(GUARDED_WRITE, [path, bytes]), { input: text });
      if (wasRefused(result)) mayWrite();
      if (result.exitCode !== 0)
        throw new Error(
          result.stderr.trim() || `${path} cannot be written (${result.signal ?? 'no answer in time'})`,
        );
    },

    async writeFiles(writes) {
      const failed = (reason: string) => writes.map((): FileWriteResult => ({ state: 'failed', reason }));
      const reason = permit.refusal();
      if (reason !== null) return failed(reason);
      if (writes.length === 0) return [];
      const words = writes.flatMap(({ path, text }) => [path, text]);
      const result = await host.run(guard(GUARDED_WRITES, words));
      if (wasRefused(result)) return failed(permit.refusal() ?? REFUSED);
      return writeResultsIn(result.stdout, writes, result.stderr);
    },

    async spawn(argv, options = {}) {
      mayWrite();
      const [program = ''] = argv;
      // The host itself says best what is missing, and how to get it.
      if (!program.includes('/') && !found.has(program)) {
        const looked = await host.run(['sh', '-c', 'command -v -- "$1"', 'siptune', program]);
        if (looked.exitCode !== 0) return host.spawn(argv, options);
        found.add(program);
      }
      const command = await host.spawn(guard(GUARDED_SPAWN, argv), {
        ...options,
        env: { ...options.env, SIPTUNE_CAMPAIGN: `:${campaign}:${token}:` },
      });
      void command.exited.then(wasRefused);
      return command;
    },
  };
  return guarded;
}

function onlyLooks([program = '', ...args]: readonly string[]): boolean {
  if (READERS.has(program)) return true;
  // With another argument it sets the clock.
  if (program === 'date') return args.every((word) => word.startsWith('+'));
  if (program !== 'ip' && program !== 'tc') return false;
  // OPTIONS OBJECT VERB …: a device may be called "show".
  const object = args.findIndex((word) => !word.startsWith('-'));
  return object >= 0 && LOOKING.has(args[object + 1] ?? '');
}

function sameWords(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, index) => word === other[index]);
}

function refusedResult(reason: string): CommandResult {
  return {
    exitCode: REFUSED_STATUS,
    signal: undefined,
    stdout: '',
    stderr: reason,
    timedOut: false,
    notFound: false,
  };
}

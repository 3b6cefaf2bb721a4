// A long-running command on the other machine: its process ID and its end are those of the process there.
import { EXIT, UserError } from '../../errors.ts';
import { howToGet } from '../debian-package.ts';
import type { CommandResult, RunningCommand, SpawnOptions } from '../host.ts';
import { MISSING_PROGRAM, spawnText } from './command-text.ts';
import { splitOutput } from './frames.ts';
import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import { resultOfStatus } from './ssh-result.ts';

const START_TIMEOUT_MS = 5_000;
const SHORT_MS = 5_000;

export async function spawnThere(
  lanes: Lanes,
  argv: readonly string[],
  netns: string | undefined,
  options: SpawnOptions,
  label: string,
): Promise<RunningCommand> {
  const lane = await lanes.take();
  const { body, status, id } = await lane.request({
    kind: 'spawn',
    text: spawnText(argv, { netns }, options),
    sweep: options.sweepGroup === true,
    tied: options.endsWithLink === true,
    timeoutMs: START_TIMEOUT_MS,
  });
  const said = body.toString('utf8').trim();
  if (status !== 0) throw cannotStart(argv[0] ?? '', said, label);
  const pid = Number(said);
  const inFiles = options.stdoutFile !== undefined && options.stderrFile !== undefined;
  let ended = false;
  const swept = lane.event('swept', id).then(() => {});
  const exited = lane.event('exit', id).then(async (exit) => {
    if (exit === null) return lost(pid, label, options);
    ended = true;
    const { stdout, stderr } = inFiles ? NOTHING : await outputOf(lane, id).catch(() => NOTHING);
    return resultOfStatus(exit, stdout, stderr, argv[0] ?? '');
  });
  return {
    pid,
    exited,
    swept,
    kill(signal) {
      // After a lost connection it may well run: the next one carries the signal.
      if (ended) return;
      void signalGroup(lanes, pid, signal).catch(() => {});
    },
  };
}

const NOTHING = { stdout: '', stderr: '' };

function cannotStart(program: string, said: string, label: string): UserError {
  if (!said.startsWith(MISSING_PROGRAM))
    return new UserError(`${program} cannot be started on ${label}: ${said}`, EXIT.unsafe);
  const missing = said.slice(MISSING_PROGRAM.length);
  return new UserError(`${missing} is not on ${label}: ${howToGet(missing)}`, EXIT.unsafe);
}

function lost(pid: number, label: string, { endsWithLink }: SpawnOptions): CommandResult {
  return {
    exitCode: undefined,
    signal: undefined,
    stdout: '',
    stderr: endsWithLink
      ? `the connection to ${label} was lost: process ${pid} there ends with it`
      : `the connection to ${label} was lost: process ${pid} may still run there`,
    timedOut: false,
    notFound: false,
  };
}

/** What it wrote, where that did not go to files of the caller's. */
async function outputOf(lane: Lane, id: string): Promise<{ stdout: string; stderr: string }> {
  const [out, err] = [`"$dir/${id}.out"`, `"$dir/${id}.err"`];
  const text = `check() { :; }; go() { cat ${out}; cat ${err} >&2; rm -f ${out} ${err}; }`;
  return splitOutput((await lane.request({ kind: 'run', text, timeoutMs: SHORT_MS })).body, lane.mark);
}

async function signalGroup(lanes: Lanes, pid: number, signal: string): Promise<void> {
  const lane = await lanes.take();
  await lane.request({
    kind: 'raw',
    text: `go() { kill -s ${signal.replace(/^SIG/, '')} -- -${pid}; }`,
    timeoutMs: SHORT_MS,
  });
}

// One running SIPp: started with headroom for its buffers, checked, followed by its statistics, and ended by its PID.
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import type { RunningCommand } from '../targets/host.ts';
import type { Endpoint } from '../targets/target.ts';
import { createSippCsvReader, type SippSnapshot } from './sipp-csv.ts';
import { type ClockReading, createSippPlaceHere, type SippFolder, type SippPlace } from './sipp-place.ts';
import { isTaken } from './sipp-sockets.ts';
import { closedByRouter, type Transport } from './sipp-transport.ts';

const SOCKET_WAIT_MS = 3_000;
const SOCKET_POLL_MS = 3;

export interface SippStart {
  /** "SIPp caller" */
  readonly who: string;
  readonly endpoint: Endpoint;
  readonly transport?: Transport;
  readonly argv: readonly string[];
  readonly cpus: string;
  readonly rawDir: string;
  readonly csvFile: string;
  readonly clock: Clock;
  readonly withBufferHeadroom: <T>(start: () => Promise<T>) => Promise<T>;
  /** undefined: this machine. */
  readonly place?: SippPlace;
  /** Of that place; undefined: one is made. */
  readonly folder?: SippFolder;
  /** When it is to begin, on the monotonic clock; undefined: at once. */
  readonly begin?: { readonly atMs: number; readonly reading: ClockReading };
}

export interface SippProcess {
  readonly pid: number;
  readonly folder: SippFolder;
  /** Why nothing is known of it any more: the connection to its machine is lost. */
  lost(): string | null;
  /** Statistics so far; `poll` reads what was appended since. */
  readonly rows: readonly SippSnapshot[];
  /** Drops at the socket, as of the last poll at which it was open. */
  readonly drops: () => number;
  poll(): Promise<void>;
  hasEnded(): boolean;
  /** Ends it at once, without the farewells (CANCEL, BYE) that a polite end would put on the wire. */
  kill(): Promise<void>;
  readonly exited: RunningCommand['exited'];
  /** The end of what it wrote to stderr. */
  lastWords(): Promise<string>;
}

/** Resolves once the socket is open (or was, and the router ended it); rejects with SIPp's own words when it ends before that. */
export async function startSipp(start: SippStart): Promise<SippProcess> {
  const place = start.place ?? createSippPlaceHere(start.clock);
  const folder = start.folder ?? (await place.workIn(start.rawDir));
  const errFile = start.csvFile.replace(/csv$/, 'err');
  if (await isTaken(start.endpoint, start.transport))
    throw new UserError(
      `${start.who} could not start on ${where(start.endpoint)}: the port is in use; end what has it (ss -${start.transport === undefined ? 'u' : 't'}anp shows it)`,
      EXIT.unsafe,
    );
  const command = await start.withBufferHeadroom(async () => {
    const { argv, begin } = start;
    const wanted = begin === undefined ? argv : await place.beginAt(argv, begin.atMs, begin.reading);
    const started = await start.endpoint.host.spawn(wanted, {
      cpus: start.cpus,
      cwd: folder.path,
      // Screens are for people who watch one SIPp.
      stdoutFile: '/dev/null',
      stderrFile: `${folder.path}/${errFile}`,
      endsWithLink: true,
    });
    await untilSocketIsOpen(start, started, { place, folder, errFile });
    return started;
  });
  return follow(start, command, { place, folder, errFile });
}

interface Placed {
  readonly place: SippPlace;
  readonly folder: SippFolder;
  readonly errFile: string;
}

async function untilSocketIsOpen(
  start: SippStart,
  command: RunningCommand,
  { place, folder, errFile }: Placed,
): Promise<void> {
  const { clock, endpoint, transport, who, begin } = start;
  let ended = false;
  void command.exited.then(() => {
    ended = true;
  });
  const deadlineMs = Math.max(clock.nowMs(), begin?.atMs ?? 0) + SOCKET_WAIT_MS;
  const on = where(endpoint);
  while (!ended && clock.nowMs() < deadlineMs) {
    if ((await place.drops(command.pid, endpoint, transport)) !== null && !ended) return;
    await clock.sleep(SOCKET_POLL_MS);
  }
  const wasEnded = ended;
  command.kill('SIGKILL');
  const { stderr } = await command.exited;
  const words = await lastWordsIn(folder, errFile, stderr);
  // It had started, and was cut off before anybody looked: the offer tells what became of its calls.
  if (wasEnded && transport !== undefined && closedByRouter(words)) return;
  throw new UserError(
    wasEnded
      ? `${who} could not start on ${on}: ${words}`
      : `${who} opened no socket on ${on} within ${SOCKET_WAIT_MS} ms: ${words}`,
    EXIT.unsafe,
  );
}

function where({ address, port, host }: Endpoint): string {
  return `${address}:${port} (${host.label})`;
}

function follow(start: SippStart, command: RunningCommand, { place, folder, errFile }: Placed): SippProcess {
  const reader = createSippCsvReader();
  let offset = 0;
  let drops = 0;
  let ended = false;
  let lost: string | null = null;
  void command.exited.then(({ exitCode, signal, stderr }) => {
    ended = true;
    // On this machine, one of both is always known.
    if (exitCode === undefined && signal === undefined) lost ??= stderr.trim() || 'how it ended is not known';
  });
  const look = async () => {
    // Nothing is dropped over TCP, and its list is long where each call has a connection.
    const [seen, appended] = await Promise.all([
      start.transport === undefined ? place.drops(command.pid, start.endpoint, undefined) : null,
      folder.appended(start.csvFile, offset),
    ]);
    drops = seen ?? drops;
    offset += appended.length;
    reader.feed(appended.toString('latin1'));
  };
  return {
    pid: command.pid,
    rows: reader.rows,
    drops: () => drops,
    exited: command.exited,
    folder,
    lost: () => lost,
    lastWords: async () => lost ?? lastWordsIn(folder, errFile, ''),
    hasEnded: () => ended || lost !== null,
    async poll() {
      if (lost !== null) return;
      try {
        await look();
      } catch (error) {
        if (place.on === undefined || !(error instanceof UserError)) throw error;
        // The trial is spoilt, which its report says; the next one may find the connection again.
        lost = error.message;
      }
    },
    async kill() {
      command.kill('SIGKILL');
      await command.exited;
    },
  };
}

async function lastWordsIn(folder: SippFolder, name: string, otherwise: string): Promise<string> {
  const text = (await folder.read(name).catch(() => Buffer.alloc(0))).toString('utf8');
  return text.trim().split('\n').slice(-3).join(' ') || otherwise.trim() || 'it said nothing';
}

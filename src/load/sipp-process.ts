// One running SIPp: started with headroom for its buffers, checked, followed by its statistics, and ended by its PID.
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';
import type { RunningCommand } from '../targets/host.ts';
import type { Endpoint } from '../targets/target.ts';
import { createSippCsvReader, type SippSnapshot } from './sipp-csv.ts';
import { isTaken, socketDrops } from './sipp-sockets.ts';
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
}

export interface SippProcess {
  readonly pid: number;
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
  const stderrFile = join(start.rawDir, start.csvFile.replace(/csv$/, 'err'));
  if (await isTaken(start.endpoint, start.transport))
    throw new UserError(
      `${start.who} could not start on ${place(start.endpoint)}: the port is in use; end what has it (ss -${start.transport === undefined ? 'u' : 't'}anp shows it)`,
    );
  const command = await start.withBufferHeadroom(async () => {
    const started = await start.endpoint.host.spawn(start.argv, {
      cpus: start.cpus,
      cwd: start.rawDir,
      // Screens are for people who watch one SIPp.
      stdoutFile: '/dev/null',
      stderrFile,
    });
    await untilSocketIsOpen(start, started, stderrFile);
    return started;
  });
  return follow(start, command, stderrFile);
}

async function untilSocketIsOpen(
  start: SippStart,
  command: RunningCommand,
  stderrFile: string,
): Promise<void> {
  const { clock, endpoint, transport, who } = start;
  let ended = false;
  void command.exited.then(() => {
    ended = true;
  });
  const deadlineMs = clock.nowMs() + SOCKET_WAIT_MS;
  const where = place(endpoint);
  while (!ended && clock.nowMs() < deadlineMs) {
    if ((await socketDrops(command.pid, endpoint, transport)) !== null && !ended) return;
    await clock.sleep(SOCKET_POLL_MS);
  }
  const wasEnded = ended;
  command.kill('SIGKILL');
  await command.exited;
  const words = await lastWordsIn(stderrFile);
  // It had started, and was cut off before anybody looked: the offer tells what became of its calls.
  if (wasEnded && transport !== undefined && closedByRouter(words)) return;
  throw new UserError(
    wasEnded
      ? `${who} could not start on ${where}: ${words}`
      : `${who} opened no socket on ${where} within ${SOCKET_WAIT_MS} ms: ${words}`,
  );
}

function place({ address, port, host }: Endpoint): string {
  return `${address}:${port} (${host.label})`;
}

function follow(start: SippStart, command: RunningCommand, stderrFile: string): SippProcess {
  const reader = createSippCsvReader();
  const path = join(start.rawDir, start.csvFile);
  let offset = 0;
  let drops = 0;
  let ended = false;
  void command.exited.then(() => {
    ended = true;
  });
  return {
    pid: command.pid,
    rows: reader.rows,
    drops: () => drops,
    exited: command.exited,
    lastWords: () => lastWordsIn(stderrFile),
    hasEnded: () => ended,
    async poll() {
      // Nothing is dropped over TCP, and its list is long where each call has a connection.
      if (start.transport === undefined) drops = (await socketDrops(command.pid, start.endpoint)) ?? drops;
      const appended = await readFrom(path, offset);
      offset += appended.length;
      reader.feed(appended.toString('latin1'));
    },
    async kill() {
      command.kill('SIGKILL');
      await command.exited;
    },
  };
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return Buffer.alloc(0);
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function lastWordsIn(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-3).join(' ') || 'it said nothing';
}

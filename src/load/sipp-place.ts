// Where the SIPps of a pair run, and how their files are reached: on this machine they work in the trial's folder itself.
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Endpoint } from '../targets/target.ts';
import { type FlowPath, flowFile } from './sipp-flows.ts';
import { socketDrops } from './sipp-sockets.ts';
import type { Transport } from './sipp-transport.ts';

export interface SippPlace {
  /** The machine's label where it is another than siptune's. */
  readonly on?: string;
  readonly flowPath: FlowPath;
  /** From one look at the statistics to the next. */
  readonly pollMs: { readonly steady: number; readonly burst: number; readonly drain: number };
  /** Puts there what SIPp needs; once. */
  ready(): Promise<void>;
  /** A folder for one SIPp, whose files come to `rawDir`. */
  workIn(rawDir: string): Promise<SippFolder>;
  /** Drops at the socket of a process, or null while it is not open. */
  drops(pid: number, endpoint: Endpoint, transport: Transport): Promise<number | null>;
  readClock(): Promise<ClockReading>;
  /** How long before its start a SIPp has to be asked for. */
  leadMs(reading: ClockReading): number;
  /** What is run so that `argv` begins at a time of siptune's monotonic clock; waits here where nothing is to wait there. */
  beginAt(argv: readonly string[], atMs: number, reading: ClockReading): Promise<readonly string[]>;
}

export interface SippFolder {
  /** Where SIPp works. */
  readonly path: string;
  put(name: string, text: string): Promise<void>;
  /** What was added to a file after so many bytes. */
  appended(name: string, offset: number): Promise<Buffer>;
  /** Nothing where there is no such file. */
  read(name: string): Promise<Buffer>;
  /** After SIPp's end: everything that is not here yet. */
  collect(): Promise<void>;
}

/** Of the wall clock that SIPp's times are of, against siptune's. */
export interface ClockReading {
  /** What is to be taken from a time there to make it one of here. */
  readonly aheadMs: number;
  /** At most this much off. */
  readonly uncertaintyMs: number;
  /** There and back. */
  readonly roundTripMs: number;
}

export const OWN_CLOCK: ClockReading = { aheadMs: 0, uncertaintyMs: 0, roundTripMs: 0 };

export function createSippPlaceHere(clock: { nowMs(): number; sleep(ms: number): Promise<void> }): SippPlace {
  return {
    flowPath: flowFile,
    pollMs: { steady: 50, burst: 10, drain: 20 },
    ready: async () => {},
    workIn: async (rawDir) => folderHere(rawDir),
    drops: socketDrops,
    readClock: async () => OWN_CLOCK,
    leadMs: () => 0,
    async beginAt(argv, atMs) {
      const waitMs = atMs - clock.nowMs();
      if (waitMs > 0) await clock.sleep(waitMs);
      return argv;
    },
  };
}

export function folderHere(rawDir: string): SippFolder {
  return {
    path: rawDir,
    put: (name, text) => writeFile(join(rawDir, name), text),
    appended: (name, offset) => readFrom(join(rawDir, name), offset),
    read: (name) => readFile(join(rawDir, name)).catch(() => Buffer.alloc(0)),
    collect: async () => {},
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

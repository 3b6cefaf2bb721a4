// The journal: one event a line, on disk before the campaign goes on. What is in it survives any crash of siptune.
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CampaignEvent, NewEvent } from '../campaign/events.ts';
import type { Clock } from '../clock.ts';
import { CannotRecord, UserError, writeProblemOf } from '../errors.ts';
import { formatLine, parseLine } from './journal-line.ts';

export interface Journal {
  /** Resolves once the event is on disk (fsync). Appends keep their order. */
  append(event: NewEvent): Promise<void>;
  close(): Promise<void>;
}

export interface JournalContents {
  readonly events: readonly CampaignEvent[];
  /** The last line was cut off, as by a crash in the middle of a write; it is left out. */
  readonly torn: boolean;
  /** Lines that are no events; they are left out. */
  readonly damaged: readonly DamagedLine[];
}

export interface StoredJournal extends JournalContents {
  /** Why nothing should be done in its name: others than this user and root can write it. Null where all is well. */
  readonly distrust: string | null;
}

export interface DamagedLine {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
  /** How many events stand before it. */
  readonly afterEvents: number;
}

const OWNER_ONLY = 0o600;
const WRITABLE_BY_OTHERS = 0o022;
/** A week of trials has half of this; text of more than 512 MiB is beyond this runtime. */
const LARGEST_BYTES = 400 * 1024 ** 2;

/** Opens for appending; a journal that exists is continued. */
export async function openJournal(path: string, clock: Clock): Promise<Journal> {
  let file: FileHandle;
  try {
    file = await open(path, 'a+', OWNER_ONLY);
    await syncDirectory(dirname(path));
    await dropTornLine(file);
  } catch (error) {
    throw cannotWrite(path, error);
  }
  let last: Promise<void> = Promise.resolve();
  let cut = false;
  return {
    append(event) {
      const line = formatLine({ at: clock.date().toISOString(), ...event });
      last = last
        .catch(() => {})
        .then(async () => {
          try {
            // What a full disk cut off must not swallow the next event.
            await file.appendFile(cut ? `\n${line}` : line);
            cut = false;
            await file.datasync();
          } catch (error) {
            cut = true;
            throw cannotWrite(path, error);
          }
        });
      return last;
    },
    async close() {
      await last.catch(() => {});
      await file.close();
    },
  };
}

/** Reads what can be read; never throws for what is in the file, only where there is none. */
export async function readJournal(path: string): Promise<StoredJournal> {
  const { text, facts } = await readText(path);
  return { ...parseJournal(text), distrust: distrustOf(path, facts) };
}

export function parseJournal(text: string): JournalContents {
  const lines = text.split('\n');
  const torn = lines.pop() !== '';
  const parsed = lines.map(parseLine);
  // Where lines have checksums, one without is not siptune's.
  const needsChecksum = parsed.some((line) => line.state === 'event' && line.checksummed);
  const events: CampaignEvent[] = [];
  const damaged: DamagedLine[] = [];
  for (const [index, line] of parsed.entries()) {
    // After a write that failed, the next event begins on a line of its own.
    if (lines[index] === '') continue;
    if (line.state === 'event' && (line.checksummed || !needsChecksum)) {
      events.push(line.event);
      continue;
    }
    const reason = line.state === 'damaged' ? line.reason : `${line.event.type} without its checksum`;
    damaged.push({ line: index + 1, reason, afterEvents: events.length });
  }
  return { events, torn, damaged };
}

async function readText(path: string): Promise<{ readonly text: string; readonly facts: Stats }> {
  let file: FileHandle | undefined;
  try {
    // Not a link, and not a pipe that nobody writes to.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = await file.stat();
    if (!facts.isFile()) throw new UserError(`${path} is not a regular file, so it is no journal`);
    if (facts.size > LARGEST_BYTES)
      throw new UserError(`${path} has ${facts.size} bytes: no campaign writes so long a journal`);
    return { text: await file.readFile('utf8'), facts };
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    throw new UserError(
      code === 'EACCES' || code === 'EPERM'
        ? `${path} may not be read by this user: campaigns belong to root, so use sudo`
        : `${path} cannot be read (${code === 'ENOENT' ? 'there is none' : messageOf(error)}): it is the campaign's journal, and without it nothing is known of it`,
    );
  } finally {
    await file?.close();
  }
}

function distrustOf(path: string, { uid, mode }: Stats): string | null {
  const us = process.geteuid?.() ?? 0;
  const others = (mode & WRITABLE_BY_OTHERS) !== 0;
  if ((uid === us || uid === 0) && !others) return null;
  return (
    `${path} ${others ? 'may be written by others' : `belongs to user ${uid}`}, who could have put anything into it, and a restore does what it says. ` +
    `If you trust it: chown ${us} ${path}; chmod go-w ${path}`
  );
}

/** What a crash cut off was never on disk as a whole, so nothing was done in its name: it goes before the next event comes. */
async function dropTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const chunk = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    await file.read(chunk, 0, end - start, start);
    const newline = chunk.subarray(0, end - start).lastIndexOf('\n');
    if (newline >= 0) return truncateTo(file, start + newline + 1, size);
    end = start;
  }
  await truncateTo(file, 0, size);
}

async function truncateTo(file: FileHandle, length: number, size: number): Promise<void> {
  if (length < size) await file.truncate(length);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function cannotWrite(path: string, error: unknown): UserError {
  const { why, todo } = writeProblemOf(error);
  return new CannotRecord(
    `the journal ${path} cannot be written: ${why}. ${todo}; siptune changes nothing that it cannot record`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

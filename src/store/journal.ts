// The journal: one event a line, on disk before the campaign goes on. What is in it survives any crash of siptune.
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CampaignEvent, NewEvent } from '../campaign/events.ts';
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';

export interface Journal {
  /** Resolves once the event is on disk (fsync). Appends keep their order. */
  append(event: NewEvent): Promise<void>;
  close(): Promise<void>;
}

export interface JournalContents {
  readonly events: readonly CampaignEvent[];
  /** The last line was cut off, as by a crash in the middle of a write; it is left out. */
  readonly torn: boolean;
  /** Lines that are no events, by number from 1; they are left out. */
  readonly damaged: readonly { readonly line: number; readonly reason: string }[];
}

const OWNER_ONLY = 0o600;

/** Opens for appending; a journal that exists is continued. */
export async function openJournal(path: string, clock: Clock): Promise<Journal> {
  let file: FileHandle;
  try {
    file = await open(path, 'a', OWNER_ONLY);
    await syncDirectory(dirname(path));
  } catch (error) {
    throw cannotWrite(path, error);
  }
  let last: Promise<void> = Promise.resolve();
  return {
    append(event) {
      const line = `${JSON.stringify({ at: clock.date().toISOString(), ...event })}\n`;
      last = last
        .catch(() => {})
        .then(async () => {
          try {
            await file.appendFile(line);
            await file.datasync();
          } catch (error) {
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
export async function readJournal(path: string): Promise<JournalContents> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new UserError(
      `${path} cannot be read: it is the campaign's journal, and without it nothing is known of it`,
    );
  }
  const lines = text.split('\n');
  const torn = lines.pop() !== '';
  const events: CampaignEvent[] = [];
  const damaged: { line: number; reason: string }[] = [];
  for (const [index, line] of lines.entries()) {
    const event = parseEvent(line);
    if (event === null) damaged.push({ line: index + 1, reason: `not an event: ${line.slice(0, 60)}` });
    else events.push(event);
  }
  return { events, torn, damaged };
}

function parseEvent(line: string): CampaignEvent | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
      ? (value as CampaignEvent)
      : null;
  } catch {
    return null;
  }
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
  const reason = error instanceof Error ? error.message : String(error);
  return new UserError(
    `the journal ${path} cannot be written (${reason}): siptune changes nothing that it cannot record`,
    EXIT.unsafe,
  );
}

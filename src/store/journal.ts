// The journal: one event a line, on disk before the campaign goes on. What is in it survives any crash of siptune.
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CampaignEvent, NewEvent } from '../campaign/events.ts';
import type { Clock } from '../clock.ts';
import { EXIT, UserError } from '../errors.ts';
import { plainText } from '../report/plain-text.ts';
import { parseEvent } from './event-schema.ts';

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
const LINE_END = 0x0a;

/** Opens for appending; a journal that exists is continued, on a line of its own where its last one was cut off. */
export async function openJournal(path: string, clock: Clock): Promise<Journal> {
  let file: FileHandle | undefined;
  let torn: boolean;
  try {
    file = await open(path, 'a+', OWNER_ONLY);
    torn = await endsInMidLine(file);
    await syncDirectory(dirname(path));
  } catch (error) {
    await file?.close();
    throw cannotWrite(path, error);
  }
  const opened = file;
  let last: Promise<void> = Promise.resolve();
  return {
    append(event) {
      const line = `${JSON.stringify({ at: clock.date().toISOString(), ...event })}\n`;
      last = last
        .catch(() => {})
        .then(async () => {
          try {
            await opened.appendFile(torn ? `\n${line}` : line);
            torn = false;
            await opened.datasync();
          } catch (error) {
            // Part of the line may be there.
            torn = true;
            throw cannotWrite(path, error);
          }
        });
      return last;
    },
    async close() {
      await last.catch(() => {});
      await opened.close();
    },
  };
}

/** Reads what can be read; never throws for what is in the file, only where there is none. */
export async function readJournal(path: string): Promise<JournalContents> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UserError(
      `the campaign's journal cannot be read, and without it nothing is known of it: ${(error as Error).message}`,
    );
  }
  const lines = text.split('\n');
  const torn = lines.pop() !== '';
  const events: CampaignEvent[] = [];
  const damaged: { line: number; reason: string }[] = [];
  for (const [index, line] of lines.entries()) {
    // A journal that was continued after a failed write may have an empty one.
    if (line === '') continue;
    const event = parseEvent(line);
    if ('problem' in event) damaged.push({ line: index + 1, reason: plainText(event.problem) });
    else events.push(event);
  }
  return { events, torn, damaged };
}

async function endsInMidLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== LINE_END;
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

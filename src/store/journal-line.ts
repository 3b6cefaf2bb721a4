// One line of the journal: an event with the checksum of its own text, so that a changed digit is seen like a missing brace.
import { crc32 } from 'node:zlib';
import type { CampaignEvent } from '../campaign/events.ts';
import { checkEvent } from './event-schema.ts';

export type JournalLine =
  | { readonly state: 'event'; readonly event: CampaignEvent; readonly checksummed: boolean }
  | { readonly state: 'damaged'; readonly reason: string };

const CHECKSUMMED = /^(\{.*),"crc":"([0-9a-f]{8})"\}$/s;
const LONGEST_SHOWN = 60;

export function formatLine(event: object): string {
  const body = JSON.stringify(event);
  return `${body.slice(0, -1)},"crc":"${checksum(body)}"}\n`;
}

export function parseLine(line: string): JournalLine {
  const damaged = (reason: string): JournalLine => ({ state: 'damaged', reason });
  const match = CHECKSUMMED.exec(line);
  const body = match ? `${match[1]}}` : line;
  if (match && checksum(body) !== match[2]) return damaged(`its checksum does not match: ${shown(line)}`);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return damaged(`not an event: ${shown(line)}`);
  }
  const checked = checkEvent(value);
  return checked.state === 'event' ? { ...checked, checksummed: match !== null } : checked;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}

function shown(line: string): string {
  return line.length > LONGEST_SHOWN ? `${line.slice(0, LONGEST_SHOWN)}…` : line;
}

// An exporter turns a profile into files that somebody else's tool reads.
import { knobText } from '../report/numbers.ts';
import type { Profile, Setting } from './profile.ts';

export interface ExportedFile {
  /** Name inside the export folder. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export interface Exporter {
  readonly format: string;
  readonly summary: string;
  /** No file when the profile has nothing of this kind. */
  files(profile: Profile): readonly ExportedFile[];
}

export const PLAIN_FILE = 0o644;
export const EXECUTABLE = 0o755;

/** What every file begins with: what it is, why, from where, and how to undo it. */
export function header(profile: Profile, what: readonly string[]): string {
  return [
    ...what,
    '',
    `Campaign ${profile.campaign}, scenario ${profile.scenario}, measured ${profile.measuredAt}.`,
    `Evidence: ${profile.evidence}.`,
    ...(profile.minimal ? [] : ['The profile is not minimised: some of its settings may not matter.']),
  ]
    .map((line) => (line === '' ? '#' : `# ${line}`))
    .join('\n');
}

/** "208 KiB → 1.75 MiB" */
export function change({ knob, from, to }: Setting): string {
  return `${knobText(knob.name, valueIn(from))} → ${knobText(knob.name, valueIn(to))}`;
}

function valueIn(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

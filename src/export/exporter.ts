// An exporter turns a profile into files that somebody else's tool reads.
import { knobText } from '../report/numbers.ts';
import type { FORMATS } from './formats.ts';
import type { Profile, Setting } from './profile.ts';

export interface ExportedFile {
  /** Name inside the export folder. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

export interface Exporter {
  readonly format: (typeof FORMATS)[number];
  readonly summary: string;
  /** No file when the profile has nothing of this kind. */
  files(profile: Profile): readonly ExportedFile[];
}

export const PLAIN_FILE = 0o644;
export const EXECUTABLE = 0o755;

/** What every file begins with: what it is, why, from where, and how to undo it. `covers`: the settings that it sets. */
export function header(profile: Profile, covers: readonly Setting[], what: readonly string[]): string {
  const others = profile.settings.filter((setting) => !covers.includes(setting));
  return commented([
    ...what,
    '',
    `Campaign ${profile.campaign}, scenario ${profile.scenario}, measured ${profile.measuredAt}.`,
    `Evidence: ${profile.evidence}.`,
    ...(profile.minimal ? [] : ['The profile is not minimised: some of its settings may not matter.']),
    ...(others.length === 0
      ? []
      : [
          'It was proven as a whole, together with these, which are not in this file (siptune export writes them too):',
          ...others.map((setting) => `  ${setting.knob.name}: ${change(setting)}`),
        ]),
  ]);
}

/** What a setting does, and how it changes, above its line. */
export function explained(setting: Setting): string {
  return commented([why(setting)]);
}

/** The same without the mark of a comment. */
export function why(setting: Setting): string {
  return `${firstSentence(setting.knob.summary)} ${change(setting)}`;
}

/** "208 KiB → 1.75 MiB" */
export function change({ knob, from, to }: Setting): string {
  return `${knobText(knob.name, valueIn(from))} → ${knobText(knob.name, valueIn(to))}`;
}

function commented(lines: readonly string[]): string {
  return lines.map((line) => (line === '' ? '#' : `# ${line}`)).join('\n');
}

/** Up to the first full stop before a capital; "-m." or "e.g." do not end it. */
function firstSentence(text: string): string {
  return /^.*?\.(?= [A-Z]|$)/.exec(text)?.[0] ?? text;
}

function valueIn(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

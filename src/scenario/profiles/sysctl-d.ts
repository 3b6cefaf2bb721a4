// A file of /etc/sysctl.d as a contender (sysctl.d(5), sysctl.conf(5)).
import type { Knob } from '../../knobs/knob.ts';
import type { ScenarioProblem } from '../problems.ts';
import { show } from '../wording.ts';
import { type KernelEntry, profileOfEntries } from './kernel-settings.ts';
import type { Profile, ProfileText } from './profile.ts';
import { nameOfFile } from './profile-name.ts';

export function sysctlProfile({ file, text, catalogue }: ProfileText): Profile {
  const entries: KernelEntry[] = [];
  const excluded = new Set<string>();
  const problems: ScenarioProblem[] = [];
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    if (/^\s*([#;]|$)/.test(raw)) continue;
    const start = raw.length - raw.trimStart().length;
    const dash = raw[start] === '-' ? 1 : 0;
    const equals = raw.indexOf('=');
    const name = dotted(raw.slice(start + dash, equals < 0 ? undefined : equals).trim());
    const place = { file, line: index + 1, column: start + 1 };
    if (equals < 0 && dash === 1 && name !== '') excluded.add(name);
    else if (equals < 0 || name === '')
      problems.push({ ...place, message: `${show(raw.trim())} is not a line of key = value` });
    else entries.push({ ...place, name, ...valueBehind(raw, equals) });
  }
  if (problems.length > 0) return { state: 'invalid', problems };
  return profileOfEntries(
    { name: nameOfFile(file), file, catalogue },
    withoutPatterns(entries, excluded, catalogue),
    [],
    'refused',
  );
}

/** The value behind an equals sign, and its column; that of the line's end where there is none. */
export function valueBehind(
  line: string,
  equals: number,
): { readonly value: string; readonly valueColumn: number } {
  const behind = line.slice(equals + 1);
  const blanks = behind.length - behind.trimStart().length;
  return { value: behind.trim(), valueColumn: equals + 2 + blanks };
}

/** Slashes and dots change places where a slash comes first. */
function dotted(key: string): string {
  const [first] = /[./]/.exec(key) ?? [];
  return first === '/' ? key.replaceAll(/[./]/g, (mark) => (mark === '/' ? '.' : '/')) : key;
}

/** A pattern sets what matches it, except what the file names itself; each such knob in its place. */
function withoutPatterns(
  entries: readonly KernelEntry[],
  excluded: ReadonlySet<string>,
  catalogue: readonly Knob[],
): readonly KernelEntry[] {
  const explicit = new Set([...excluded, ...entries.map(({ name }) => name)]);
  const keys = catalogue.flatMap(({ access }) => (access.via === 'sysctl' ? [access.key] : []));
  return entries.flatMap((entry) => {
    if (!/[*?[]/.test(entry.name)) return [entry];
    const pattern = new RegExp(`^${entry.name.replaceAll(/\*+|[^\w]/g, asPattern)}$`);
    const matching = keys.filter((key) => pattern.test(key) && !explicit.has(key));
    return matching.length === 0 ? [entry] : matching.map((name) => ({ ...entry, name }));
  });
}

/** Sets of characters ("[rw]mem") match nothing of ours: they stay, and are named as left out. */
function asPattern(mark: string): string {
  if (mark.startsWith('*')) return '[^.]*';
  return mark === '?' ? '[^.]' : `\\${mark}`;
}

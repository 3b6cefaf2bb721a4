// The form of TuneD's files: sections of key = value, as Python's configparser reads them for it (tuned/profiles/loader.py).
import type { ScenarioProblem } from '../problems.ts';
import { show } from '../wording.ts';
import { valueBehind } from './sysctl-d.ts';

export interface IniEntry {
  readonly key: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly valueColumn: number;
}

export interface IniSection {
  readonly name: string;
  readonly line: number;
  readonly entries: readonly IniEntry[];
}

export type Ini =
  | { readonly state: 'read'; readonly sections: readonly IniSection[] }
  | { readonly state: 'invalid'; readonly problems: readonly ScenarioProblem[] };

/** `untitled`: a file of variables, whose lines stand in no section. */
export function parseIni(file: string, text: string, untitled: string | null = null): Ini {
  const problems: ScenarioProblem[] = [];
  const sections: { name: string; line: number; entries: IniEntry[] }[] = [];
  if (untitled !== null) sections.push({ name: untitled, line: 1, entries: [] });
  for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
    const code = withoutComment(raw);
    if (code.trim() === '') continue;
    const column = code.length - code.trimStart().length + 1;
    const place = { file, line: index + 1, column };
    const complain = (message: string) => problems.push({ ...place, message });
    const section = sections.at(-1);
    const before = section?.entries.at(-1);
    const title = /^\[(.+)\]/.exec(code.trim())?.[1];
    const equals = code.indexOf('=');
    const key = code.slice(0, equals).trim();
    // A line that stands further in goes on with the value above it.
    if (before !== undefined && column > before.column)
      section?.entries.splice(-1, 1, { ...before, value: `${before.value}\n${code.trim()}` });
    else if (title !== undefined) sections.push({ name: title, line: index + 1, entries: [] });
    else if (section === undefined) complain(`${show(code.trim())} stands before the first [section]`);
    else if (equals < 0 || key === '')
      complain(`${show(code.trim())} is neither a [section] nor a line of key = value`);
    else section.entries.push({ ...place, key, ...valueBehind(code, equals) });
  }
  return problems.length > 0 ? { state: 'invalid', problems } : { state: 'read', sections };
}

/** "#" begins a comment where it stands alone; ";" only at the beginning of a line. */
function withoutComment(line: string): string {
  const trimmed = line.trimStart();
  if (trimmed.startsWith('#') || trimmed.startsWith(';')) return '';
  const start = line.search(/\s#/);
  return start < 0 ? line : line.slice(0, start);
}

// Variables of a TuneD profile, as far as they can be worked out here: text, but no function that asks the machine
// (tuned/profiles/variables.py).
import { resolve } from 'node:path';
import { readText } from '../text-file.ts';
import { type IniEntry, parseIni } from './tuned-ini.ts';

export type Expand = (value: string) => string | { readonly unknown: string };

/** What a value may grow to: variables that hold one another, many times over, are no profile. */
const LONGEST_VALUE = 10_000;

/** A file of variables is often on the target alone: what it holds is then unknown, and named where it is used. */
export async function createExpand(entries: Iterable<IniEntry>): Promise<Expand> {
  const values = new Map<string, string>();
  const expand: Expand = (value) => {
    const text = value.replaceAll(/\$\{(\w+)\}/g, (whole, name) => values.get(name) ?? whole);
    const [unknown] = /\$\{.*/s.exec(text) ?? [];
    return unknown === undefined ? text : { unknown };
  };
  const define = ({ key, value }: IniEntry): void => {
    const expanded = expand(value);
    if (typeof expanded === 'string' && expanded.length <= LONGEST_VALUE) values.set(key, expanded);
    else values.delete(key);
  };
  for (const entry of entries)
    if (entry.key !== 'include') define(entry);
    else for (const one of await ofFile(entry)) define(one);
  return expand;
}

async function ofFile({ value }: IniEntry): Promise<readonly IniEntry[]> {
  if (!value.startsWith('/')) return [];
  const read = await readText(resolve(value), 'it is included', 'TuneD');
  const ini = read.state === 'read' ? parseIni(value, read.text, 'variables') : null;
  return ini?.state === 'read' ? ini.sections.flatMap(({ entries }) => entries) : [];
}

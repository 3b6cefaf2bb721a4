// Settings of the kernel as other tools' files write them (sysctl.d, TuneD): those that are in the catalogue, checked, and the rest by name.
import { UserError } from '../../errors.ts';
import type { Configuration, Knob, KnobValue } from '../../knobs/knob.ts';
import { parseKnobSetting, searchableNames, showSetting } from '../knob-settings.ts';
import type { ScenarioProblem } from '../problems.ts';
import { show } from '../wording.ts';
import type { Profile } from './profile.ts';

/** One `key = value`, and where both stand. */
export interface KernelEntry {
  /** As a person would look for it: net.core.rmem_max, or "[net] mtu". */
  readonly name: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly valueColumn: number;
}

/** A limit that TuneD writes: ">1000" raises what is lower, "<1000" lowers what is higher. Resolved against the target. */
const LIMIT = /^([<>])\s*(\d+)$/;
/** Beyond this, a list of names helps nobody. */
const MOST_NAMES = 60;

/** The knob that a key of the kernel's, or TuneD's txqueuelen, stands for. */
export function knobOfEntry(name: string, catalogue: readonly Knob[]): Knob | undefined {
  return catalogue.find(({ access }) =>
    access.via === 'sysctl'
      ? access.key === name
      : access.via === 'txqueuelen' && name === '[net] txqueuelen',
  );
}

/** A later entry of the same knob wins, as where such a file is at home. `left`: what was left out before, and why. */
export function profileOfEntries(
  {
    name,
    file,
    catalogue,
  }: { readonly name: string; readonly file: string; readonly catalogue: readonly Knob[] },
  entries: readonly KernelEntry[],
  left: readonly ScenarioProblem[],
  limits: 'allowed' | 'refused',
): Profile {
  const configuration: Record<string, KnobValue> = {};
  const problems: ScenarioProblem[] = [];
  const unknown: KernelEntry[] = [];
  const derived: KernelEntry[] = [];
  for (const entry of entries) {
    const knob = knobOfEntry(entry.name, catalogue);
    if (knob === undefined) unknown.push(entry);
    else if (catalogue.some(({ derives }) => derives === knob.name)) derived.push(entry);
    else
      try {
        configuration[knob.name] = settingOf(knob, entry.value, limits);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problems.push({
          file: entry.file,
          line: entry.line,
          column: entry.valueColumn,
          message: `${entry.name}: ${error.message}`,
        });
      }
  }
  const warnings = [...left, ...unknownOnes(unknown), ...orphans(derived, configuration, catalogue)];
  if (problems.length > 0) return { state: 'invalid', problems };
  if (Object.keys(configuration).length > 0)
    return { state: 'valid', contender: { name, configuration }, warnings };
  const known = searchableNames(catalogue.filter(({ access }) => access.via !== 'router'));
  const nothing = `sets nothing that siptune could measure: of such a file it takes ${known.join(', ')}`;
  return { state: 'invalid', problems: [{ file, line: 1, column: 1, message: nothing }, ...warnings] };
}

/** As the kernel takes it: a plain whole number in the knob's own unit. */
function settingOf(knob: Knob, text: string, limits: 'allowed' | 'refused'): KnobValue {
  const [, limit, bound] = (limits === 'allowed' ? LIMIT.exec(text) : null) ?? [];
  const digits = bound ?? text;
  if (digits === '') throw new UserError('is empty');
  // The kernel reads a number that begins with a zero as an octal one.
  if (!/^(0|[1-9]\d*)$/.test(digits))
    throw new UserError(
      `${show(text)} is not a plain whole number, which is all that the kernel takes here, in ${unitOf(knob)}: e.g. ${knob.search.max}`,
    );
  return limit === undefined ? parseKnobSetting(knob, digits) : `${limit}${parseKnobSetting(knob, digits)}`;
}

function unitOf({ unit }: Knob): string {
  return showSetting(unit, 2).replace(/^2 /, '');
}

/** One warning for each file, at the first of them. */
function unknownOnes(entries: readonly KernelEntry[]): readonly ScenarioProblem[] {
  const files = [...new Set(entries.map(({ file }) => file))];
  return files.flatMap((file): readonly ScenarioProblem[] => {
    const own = entries.filter((entry) => entry.file === file);
    const [first] = own;
    if (first === undefined) return [];
    const names = [...new Set(own.map(({ name }) => name))];
    const shown = names.slice(0, MOST_NAMES).map((name) => show(name).slice(1, -1));
    const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
    const message = `left out, for siptune never sets ${names.length === 1 ? 'it' : 'them'}: ${shown.join(', ')}${more}`;
    return [{ file, line: first.line, column: first.column, message }];
  });
}

/** A knob that follows another one does so; without that one, it is not set. */
function orphans(
  entries: readonly KernelEntry[],
  configuration: Configuration,
  catalogue: readonly Knob[],
): readonly ScenarioProblem[] {
  return entries.flatMap(({ name, file, line, column }): readonly ScenarioProblem[] => {
    const leader = catalogue.find(({ derives }) => derives === name);
    if (leader === undefined || leader.name in configuration) return [];
    return [
      {
        file,
        line,
        column,
        message: `left out: ${name} follows ${leader.name}, which this file does not set`,
      },
    ];
  });
}

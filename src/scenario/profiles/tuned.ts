// A TuneD profile (tuned.conf) as a contender: its [sysctl] and the txqueuelen of its [net], with those of the profiles it includes.
import type { ScenarioProblem } from '../problems.ts';
import { show } from '../wording.ts';
import { type KernelEntry, knobOfEntry, profileOfEntries } from './kernel-settings.ts';
import type { Profile, ProfileText } from './profile.ts';
import { nameOfFile } from './profile-name.ts';
import { withIncludes } from './tuned-includes.ts';
import type { IniEntry } from './tuned-ini.ts';
import { merged, type Unit } from './tuned-units.ts';
import { createExpand, type Expand } from './tuned-variables.ts';

/** They hold no settings. */
const NO_PLUGINS = ['main', 'variables'];

export async function tunedProfile({ file, text, catalogue, tunedFolders }: ProfileText): Promise<Profile> {
  const { files, problems, warnings } = await withIncludes({ file, text, tunedFolders });
  if (problems.length > 0) return { state: 'invalid', problems };
  const units = files.reduce<readonly Unit[]>((before, one) => merged(before, one.file, one.sections), []);
  const variables = units.find(({ name }) => name === 'variables')?.entries.values() ?? [];
  const expand = await createExpand(variables);
  const left: ScenarioProblem[] = [...warnings];
  const entries = units
    .filter(({ name, enabled }) => enabled && !NO_PLUGINS.includes(name))
    .flatMap((unit): readonly KernelEntry[] => {
      if (unit.type !== 'sysctl' && unit.type !== 'net') return [wholeUnit(unit)];
      const own = [...unit.entries.values()].map((entry) => ({ ...entry, name: nameIn(unit, entry) }));
      const ours = own.filter(({ name }) => knobOfEntry(name, catalogue) !== undefined);
      const others = own.filter((entry) => !ours.includes(entry));
      if (unit.condition !== undefined) left.push(...ours.map((entry) => conditional(entry, unit.condition)));
      if (unit.condition === undefined && unit.devices !== undefined)
        left.push(...ours.map((entry) => otherDevice(entry, unit.devices)));
      return [...(unit.condition === undefined ? worked(ours, expand, left) : []), ...others];
    });
  return profileOfEntries({ name: nameOfFile(file), file, catalogue }, entries, left, 'allowed');
}

function nameIn(unit: Unit, { key }: IniEntry): string {
  return unit.type === 'sysctl' ? key.replaceAll('/', '.') : `[net] ${key}`;
}

/** Of a plugin that sets nothing of siptune's. */
function wholeUnit({ name, file, line }: Unit): KernelEntry {
  return { name: `[${name}]`, value: '', file, line, column: 1, valueColumn: 1 };
}

/** With their variables' values; those that nobody can work out here are left out. */
function worked(
  entries: readonly KernelEntry[],
  expand: Expand,
  left: ScenarioProblem[],
): readonly KernelEntry[] {
  return entries.flatMap((entry) => {
    const value = expand(unquoted(entry.value));
    if (typeof value === 'string') return [{ ...entry, value: value.trim() }];
    left.push({
      ...placeOf(entry),
      message: `${entry.name} is left out: ${show(value.unknown)} can only be worked out by TuneD, on its own machine`,
    });
    return [];
  });
}

function conditional(entry: KernelEntry, condition: IniEntry | undefined): ScenarioProblem {
  return {
    ...placeOf(entry),
    message: `${entry.name} is left out: it holds only for machines with ${condition?.key}=${show(condition?.value)}`,
  };
}

function otherDevice(entry: KernelEntry, devices: IniEntry | undefined): ScenarioProblem {
  return {
    ...placeOf(entry),
    message: `${entry.name}: ${devices?.key}=${show(devices?.value)} is not heeded, it is set on the device that the router sends through`,
  };
}

function placeOf({ file, line, column }: KernelEntry): Omit<ScenarioProblem, 'message'> {
  return { file, line, column };
}

/** TuneD takes one pair of quotes away. */
function unquoted(value: string): string {
  return /^(["'])(.*)\1$/s.exec(value)?.[2] ?? value;
}

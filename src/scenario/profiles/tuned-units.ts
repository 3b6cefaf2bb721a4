// TuneD's units: the sections of a profile and of those that it includes, made into one (tuned/profiles/merger.py, unit.py).
import type { IniEntry, IniSection } from './tuned-ini.ts';

export interface Unit {
  readonly name: string;
  /** The plugin: sysctl, net, cpu, … */
  readonly type: string;
  readonly enabled: boolean;
  /** Holds only for some machines, by their kernel or CPU: the entry that says so. */
  readonly condition: IniEntry | undefined;
  readonly devices: IniEntry | undefined;
  /** The settings, by key, in the order in which they were first named. */
  readonly entries: ReadonlyMap<string, IniEntry>;
  readonly file: string;
  readonly line: number;
}

/** Keys of every unit that are no settings of its plugin. */
const OF_UNITS = new Set([
  ...['type', 'enabled', 'replace', 'drop', 'devices', 'devices_udev_regex', 'priority'],
  ...['uname_regex', 'cpuinfo_regex', 'script_pre', 'script_post'],
]);

/** `before` with a later profile's sections in it: what that one says wins. */
export function merged(
  before: readonly Unit[],
  file: string,
  sections: readonly IniSection[],
): readonly Unit[] {
  const units = new Map(before.map((unit) => [unit.name, unit]));
  for (const section of joined(sections)) {
    const old = units.get(section.name);
    const said = new Map(section.entries.map((entry) => [entry.key, entry]));
    const kept = old === undefined || isTrue(said.get('replace')) ? undefined : old;
    const entries = new Map(kept?.entries);
    for (const key of said.get('drop')?.value.split(/\s*[,;]\s*/) ?? []) entries.delete(key);
    for (const entry of section.entries) if (!OF_UNITS.has(entry.key)) entries.set(entry.key, entry);
    const enabled = said.get('enabled');
    units.set(section.name, {
      name: section.name,
      type: said.get('type')?.value ?? section.name,
      enabled: enabled === undefined || isTrue(enabled),
      condition: said.get('uname_regex') ?? said.get('cpuinfo_regex') ?? kept?.condition,
      devices: said.get('devices') ?? said.get('devices_udev_regex'),
      entries,
      file,
      line: section.line,
    });
  }
  return [...units.values()];
}

/** A section that is there twice is one. */
function joined(sections: readonly IniSection[]): readonly IniSection[] {
  const byName = new Map<string, IniSection>();
  for (const section of sections) {
    const first = byName.get(section.name);
    byName.set(section.name, first ? { ...first, entries: [...first.entries, ...section.entries] } : section);
  }
  return [...byName.values()];
}

function isTrue(entry: IniEntry | undefined): boolean {
  return ['True', 'true', '1'].includes(entry?.value ?? '');
}

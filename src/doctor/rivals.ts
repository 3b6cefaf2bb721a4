// What else changes the settings that siptune tunes, or stands between the wire and the router.

import { sysctlPath } from '../knobs/access.ts';
import { CATALOGUE } from '../knobs/catalogue.ts';
import { count } from '../report/numbers.ts';
import type { Host } from '../targets/host.ts';
import type { Check } from './check.ts';
import { note, ok, type Remark, warning } from './finding.ts';
import type { ProcessRow } from './process-list.ts';
import { readSysctlFiles } from './sysctl-files.ts';

/** Daemons by the name that the kernel has of them. */
const DAEMONS: readonly { name: string; level: typeof note; advice: string }[] = [
  {
    name: 'tuned',
    level: warning,
    advice:
      'it sets sysctls of its profile again at its next start and when profiles change: put the values there, or stop it',
  },
  {
    name: 'bpftune',
    level: warning,
    advice: 'it changes buffers while a campaign measures them: stop it for the campaign',
  },
  {
    name: 'irqbalance',
    level: note,
    advice:
      'it moves interrupts between CPUs while trials run, which adds noise; stop it, or ban the router’s CPUs from it',
  },
];
const TUNED_PROFILE = '/etc/tuned/active_profile';
const CONNTRACK_COUNT = '/proc/sys/net/netfilter/nf_conntrack_count';
const CONNTRACK_MAX = '/proc/sys/net/netfilter/nf_conntrack_max';
const NEARLY_FULL = 0.8;

export const rivals: Check = {
  area: 'rivals',
  async examine(view) {
    const [processes, place] = [await view.processes(), await view.place()];
    const parts = await Promise.all([
      daemonRemarks(processes, view.machine),
      sysctlFileRemarks(view.machine),
      conntrackRemarks(place),
    ]);
    return parts.flat();
  },
};

async function daemonRemarks(
  processes: readonly ProcessRow[] | null,
  machine: Host,
): Promise<readonly Remark[]> {
  if (processes === null)
    return [note('daemons', 'processes cannot be listed (ps is missing)', 'whether tuned runs is not known')];
  const running = DAEMONS.filter(({ name }) => processes.some((row) => row.name === name));
  const profile = (await machine.readFiles([TUNED_PROFILE])).get(TUNED_PROFILE)?.trim();
  return [
    ...running.map(({ name, level, advice }) =>
      level(name, name === 'tuned' && profile ? `runs, with profile ${profile}` : 'runs', advice),
    ),
    ...DAEMONS.filter((daemon) => !running.includes(daemon)).map(({ name }) => ok(name, 'does not run')),
  ];
}

/** Only keys of the catalogue: what else an operator has in these files is not siptune's business. */
async function sysctlFileRemarks(machine: Host): Promise<readonly Remark[]> {
  const { settings, complete } = await readSysctlFiles(machine);
  const unknown = complete
    ? []
    : [
        note(
          'sysctl files',
          'cannot be listed (find is missing)',
          'whether one of them fights back is not known',
        ),
      ];
  const keys = CATALOGUE.flatMap(({ access }) =>
    access.via === 'sysctl' && settings.has(access.key) ? [access.key] : [],
  );
  if (keys.length === 0)
    return complete ? [ok('sysctl files', 'none sets a key that siptune tunes')] : unknown;
  const now = await machine.readFiles(keys.map(sysctlPath));
  const remarks = keys.flatMap((key) => {
    const setting = settings.get(key);
    const inForce = now.get(sysctlPath(key))?.trim().replace(/\s+/g, ' ');
    if (setting === undefined || inForce === undefined) return [];
    const { value, path, line } = setting;
    return value === inForce
      ? [
          note(
            key,
            `${value}, set by ${path}:${line}`,
            'a profile for it belongs into that file, or into one whose name sorts after it',
          ),
        ]
      : [
          warning(
            key,
            `${inForce} in force, but ${path}:${line} says ${value}`,
            'the file wins at the next boot and at every sysctl --system: change it, or the profile is lost then',
          ),
        ];
  });
  return [...unknown, ...remarks];
}

async function conntrackRemarks(place: Host): Promise<readonly Remark[]> {
  const files = await place.readFiles([CONNTRACK_COUNT, CONNTRACK_MAX]);
  const [used, most] = [CONNTRACK_COUNT, CONNTRACK_MAX].map((path) => Number(files.get(path) ?? Number.NaN));
  if (used === undefined || most === undefined || !Number.isFinite(used))
    return [ok('conntrack', 'not loaded')];
  const seen = `loaded, ${count(used)} of ${count(most)} entries`;
  return [
    used > most * NEARLY_FULL
      ? warning(
          'conntrack',
          seen,
          'when it is full, packets of new flows are dropped: NOTRACK for the SIP ports, or a larger nf_conntrack_max',
        )
      : note(
          'conntrack',
          seen,
          'where rules use it, each SIP flow costs an entry: NOTRACK for the SIP ports',
        ),
  ];
}

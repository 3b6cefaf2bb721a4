// /etc/default/<router>: assignments that the service's unit reads. Only the values change; every other byte stays.
import type { RouterKind, RouterSettings } from './router.ts';

/** Names of the memory sizes (MiB) in the packages' defaults files. */
const NAMES: Readonly<Record<RouterKind, { readonly shmMib: string; readonly pkgMib: string }>> = {
  kamailio: { shmMib: 'SHM_MEMORY', pkgMib: 'PKG_MEMORY' },
  opensips: { shmMib: 'S_MEMORY', pkgMib: 'P_MEMORY' },
};

const ALL_NAMES = Object.values(NAMES).flatMap(({ shmMib, pkgMib }) => [shmMib, pkgMib]);

/** Memory sizes that the file sets; the last assignment counts, a commented one does not. */
export function readDefaults(text: string, kind: RouterKind): Pick<RouterSettings, 'shmMib' | 'pkgMib'> {
  const found = Object.entries(NAMES[kind]).map(([setting, name]) => {
    const last = [...text.matchAll(assignment(name))].at(-1)?.[3];
    return [setting, Number(last)] as const;
  });
  return Object.fromEntries(found.filter(([, value]) => value > 0));
}

/** Each assignment that is there gets the value; one that is missing is added at the end. */
export function withDefaults(
  text: string,
  kind: RouterKind,
  settings: { readonly shmMib: number; readonly pkgMib: number },
): string {
  const { shmMib, pkgMib } = NAMES[kind];
  return put(put(text, shmMib, settings.shmMib), pkgMib, settings.pkgMib);
}

/**
 * `now` with the sizes of `recorded`: byte for byte `recorded`, unless somebody else has edited the file since, whose
 * edits stay. No other line of `recorded` gets into the file.
 */
export function withSizesOf(now: string, recorded: string): string {
  if (withoutSizes(now) === withoutSizes(recorded)) return recorded;
  return ALL_NAMES.reduce((text, name) => {
    const old = [...recorded.matchAll(assignment(name))].at(-1)?.[3];
    if (old !== undefined) return put(text, name, old);
    return text.replace(new RegExp(`${assignment(name).source}[ \\t\\r]*\\n?`, 'gm'), '');
  }, now);
}

/** What siptune leaves alone of such a file. It may have ended the last line, to add one. */
function withoutSizes(text: string): string {
  const kept = text.split('\n').flatMap((line) => {
    const rest = ALL_NAMES.reduce((left, name) => left.replace(assignment(name), ''), line);
    return rest === '' && line !== '' ? [] : [rest];
  });
  return kept.join('\n').replace(/\n$/, '');
}

function put(text: string, name: string, value: number | string): string {
  if (assignment(name).test(text))
    return text.replace(
      assignment(name),
      (_whole, start: string, quote: string) => `${start}${quote}${value}${quote}`,
    );
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${gap}${name}=${value}\n`;
}

function assignment(name: string): RegExp {
  return new RegExp(`^([ \\t]*(?:export[ \\t]+)?${name}=)(["']?)([^"'\\s#]*)\\2`, 'gm');
}

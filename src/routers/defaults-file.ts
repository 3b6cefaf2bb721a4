// /etc/default/<router>: assignments that the service's unit reads. Only the values change; every other byte stays.
import type { RouterKind, RouterSettings } from './router.ts';

/** Names of the memory sizes (MiB) in the packages' defaults files. */
const NAMES: Readonly<Record<RouterKind, { readonly shmMib: string; readonly pkgMib: string }>> = {
  kamailio: { shmMib: 'SHM_MEMORY', pkgMib: 'PKG_MEMORY' },
  opensips: { shmMib: 'S_MEMORY', pkgMib: 'P_MEMORY' },
};

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

function put(text: string, name: string, value: number): string {
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

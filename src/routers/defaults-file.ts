// /etc/default/<router>: shell assignments that the service's unit reads. Only the values change; every other byte stays.
import type { RouterKind, RouterSettings } from './router.ts';

/** Names of the memory sizes (MB) in the packages' defaults files. */
const NAMES: Readonly<Record<RouterKind, { readonly shm: string; readonly pkg: string }>> = {
  kamailio: { shm: 'SHM_MEMORY', pkg: 'PKG_MEMORY' },
  opensips: { shm: 'S_MEMORY', pkg: 'P_MEMORY' },
};

/** Memory sizes that the file sets; the last assignment counts, a commented one does not. */
export function readDefaults(text: string, kind: RouterKind): RouterSettings {
  const value = (name: string): number | undefined => {
    const last = [...text.matchAll(assignment(name))].at(-1)?.[2];
    return last === undefined ? undefined : Number(last);
  };
  const shmMib = value(NAMES[kind].shm);
  const pkgMib = value(NAMES[kind].pkg);
  return { ...(shmMib === undefined ? {} : { shmMib }), ...(pkgMib === undefined ? {} : { pkgMib }) };
}

export function withDefaults(
  text: string,
  kind: RouterKind,
  { shmMib, pkgMib }: { readonly shmMib: number; readonly pkgMib: number },
): string {
  return put(put(text, NAMES[kind].shm, shmMib), NAMES[kind].pkg, pkgMib);
}

function assignment(name: string): RegExp {
  return new RegExp(`^([ \\t]*(?:export[ \\t]+)?${name}=)["']?(\\d+)["']?`, 'gm');
}

function put(text: string, name: string, value: number): string {
  if (assignment(name).test(text))
    return text.replace(assignment(name), (_whole, before: string) => `${before}${value}`);
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${gap}${name}=${value}\n`;
}

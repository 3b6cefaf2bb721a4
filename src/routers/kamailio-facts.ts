// What `kamailio -v` tells of a build.
import type { RouterFacts } from './router.ts';

export function parseKamailioVersion(text: string, binary: string): RouterFacts {
  const version = /version:\s*kamailio\s+(\S+)/i.exec(text)?.[1] ?? 'unknown';
  const flags = (/^flags:\s*(.+)$/m.exec(text)?.[1] ?? '')
    .split(',')
    .map((flag) => flag.trim())
    .filter(Boolean);
  return {
    kind: 'kamailio',
    version,
    binary,
    flags,
    shmMmap: flags.includes('SHM_MMAP'),
    fastLock: flags.some((flag) => flag.startsWith('FAST_LOCK')),
    allocators: flags.filter((flag) => flag.endsWith('_MALLOC') && flag !== 'PKG_MALLOC'),
    unoptimised: /-O0\b/.test(text),
  };
}

// What `opensips -V` tells of a build.
import type { RouterFacts } from './router.ts';

export function parseOpensipsVersion(text: string, binary: string): RouterFacts {
  const version = /version:\s*opensips\s+(\S+)/i.exec(text)?.[1] ?? 'unknown';
  const flags = (/^flags:\s*(.+)$/m.exec(text)?.[1] ?? '')
    .split(',')
    .map((flag) => flag.trim())
    .filter(Boolean);
  return {
    kind: 'opensips',
    version,
    binary,
    flags,
    shmMmap: flags.includes('SHM_MMAP'),
    fastLock: flags.some((flag) => flag.startsWith('FAST_LOCK')),
    allocators: flags.filter((flag) => flag.endsWith('_MALLOC') && !/^(PKG|DBG)_/.test(flag)),
    // Development branches define it in Makefile.conf, and -V lists it among the flags.
    unoptimised: flags.includes('CC_O0') || /-O0\b/.test(text),
  };
}

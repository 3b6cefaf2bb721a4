// Knobs of System V shared memory: a ceiling for routers that were built to use it.
import type { Knob } from '../knob.ts';

const MIB = 1024 * 1024;

export const MEMORY_KNOBS: readonly Knob[] = [
  {
    name: 'kernel.shmmax',
    summary:
      'Largest System V shared-memory segment. A router that takes its shared memory from shmget needs at least its ' +
      '-m; one that maps it (SHM_MMAP) never looks at this. Written together with kernel.shmall, its total in pages.',
    unit: 'bytes',
    scope: 'host',
    access: { via: 'sysctl', key: 'kernel.shmmax' },
    changeCost: 'restart',
    bounds: { min: 32 * MIB, max: Number.MAX_SAFE_INTEGER },
    search: { min: 64 * MIB, max: 4096 * MIB, scale: 'log' },
    signals: [{ limiter: 'shm', relief: 'more' }],
    derives: 'kernel.shmall',
    source: 'linux: Documentation/admin-guide/sysctl/kernel.rst, ipc/shm.c',
  },
  {
    name: 'kernel.shmall',
    summary: 'Total System V shared memory, in pages. Derived from kernel.shmmax, never searched by itself.',
    unit: 'pages',
    scope: 'host',
    access: { via: 'sysctl', key: 'kernel.shmall' },
    changeCost: 'restart',
    bounds: { min: 8192, max: Number.MAX_SAFE_INTEGER },
    search: { min: 16_384, max: 1_048_576, scale: 'log' },
    signals: [{ limiter: 'shm', relief: 'more' }],
    source: 'linux: Documentation/admin-guide/sysctl/kernel.rst, ipc/shm.c',
  },
];

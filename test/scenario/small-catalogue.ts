// A catalogue of the tests' own, one knob of each unit, so that a new knob in the real one changes no expected message.
import type { Knob } from '../../src/knobs/knob.ts';

const MIB = 1024 ** 2;

function knob(part: Pick<Knob, 'name' | 'unit' | 'access' | 'bounds' | 'search'> & Partial<Knob>): Knob {
  return { summary: 'For tests.', scope: 'host', changeCost: 'live', source: 'tests', ...part };
}

export const SMALL_CATALOGUE: readonly Knob[] = [
  knob({
    name: 'net.core.rmem_default',
    unit: 'bytes',
    access: { via: 'sysctl', key: 'net.core.rmem_default' },
    bounds: { min: 4096, max: 64 * MIB },
    search: { min: 212_992, max: 16 * MIB, scale: 'log' },
  }),
  knob({
    name: 'net.core.rmem_max',
    unit: 'bytes',
    access: { via: 'sysctl', key: 'net.core.rmem_max' },
    bounds: { min: 4096, max: 64 * MIB },
    search: { min: 212_992, max: 32 * MIB, scale: 'log' },
  }),
  knob({
    name: 'txqueuelen',
    unit: 'packets',
    access: { via: 'txqueuelen' },
    bounds: { min: 1, max: 100_000 },
    search: { min: 10, max: 10_000, scale: 'log' },
  }),
  knob({
    name: 'kernel.shmmax',
    unit: 'bytes',
    access: { via: 'sysctl', key: 'kernel.shmmax' },
    bounds: { min: 32 * MIB, max: Number.MAX_SAFE_INTEGER },
    search: { min: 64 * MIB, max: 4096 * MIB, scale: 'log' },
    derives: 'kernel.shmall',
  }),
  knob({
    name: 'kernel.shmall',
    unit: 'pages',
    access: { via: 'sysctl', key: 'kernel.shmall' },
    bounds: { min: 8192, max: Number.MAX_SAFE_INTEGER },
    search: { min: 16_384, max: 1_048_576, scale: 'log' },
  }),
  knob({
    name: 'router.workers',
    unit: 'processes',
    access: { via: 'router', setting: 'workers' },
    bounds: { min: 1, max: 64 },
    search: { min: 1, max: 16, scale: 'log' },
  }),
  knob({
    name: 'router.maxbuffer',
    unit: 'bytes',
    access: { via: 'router', setting: 'maxbufferBytes' },
    bounds: { min: 65_536, max: 64 * MIB },
    search: { min: 262_144, max: 32 * MIB, scale: 'log' },
  }),
  knob({
    name: 'router.shm',
    unit: 'MiB',
    access: { via: 'router', setting: 'shmMib' },
    bounds: { min: 16, max: 65_536 },
    search: { min: 64, max: 1024, scale: 'log' },
  }),
  knob({
    name: 'router.pkg',
    unit: 'MiB',
    access: { via: 'router', setting: 'pkgMib' },
    bounds: { min: 1, max: 1024 },
    search: { min: 4, max: 64, scale: 'log' },
  }),
];

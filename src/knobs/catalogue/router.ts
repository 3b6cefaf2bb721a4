// Knobs of the router itself. All take effect at its restart.
import { ALLOCATORS } from '../../routers/allocators.ts';
import type { Knob, Signal } from '../knob.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** How fast the workers are decides how much waits in front of them, too. */
const DRAINS: readonly Signal[] = [
  { limiter: 'worker-cpu', relief: 'either' },
  { limiter: 'delay', relief: 'either' },
  { limiter: 'socket-buffer', relief: 'either' },
];

export const ROUTER_KNOBS: readonly Knob[] = [
  {
    name: 'router.workers',
    summary:
      'UDP worker processes per socket (Kamailio -n or children, OpenSIPS udp_workers). More is not better: ' +
      'workers beyond the cores wake each other up for the same datagram.',
    unit: 'processes',
    scope: 'process',
    access: { via: 'router', setting: 'workers' },
    changeCost: 'restart',
    bounds: { min: 1, max: 64 },
    search: { min: 1, max: 16, scale: 'log' },
    signals: DRAINS,
    source: 'OpenSIPS manual: udp_workers; kamailio(8): -n',
  },
  {
    name: 'router.maxbuffer',
    summary:
      'How far the router raises its receive buffer at start (-b, maxbuffer): it asks for more and more up to this. ' +
      'It never lowers a buffer that net.core.rmem_default already made larger.',
    unit: 'bytes',
    scope: 'process',
    access: { via: 'router', setting: 'maxbufferBytes' },
    changeCost: 'restart',
    bounds: { min: 64 * KIB, max: 64 * MIB },
    search: { min: 256 * KIB, max: 32 * MIB, scale: 'log' },
    signals: [
      { limiter: 'socket-buffer', relief: 'more' },
      { limiter: 'delay', relief: 'less' },
    ],
    source:
      'OpenSIPS socket_info.c probe_max_receive_buffer(); Kamailio udp_server.c probe_max_receive_buffer()',
  },
  {
    name: 'router.shm',
    summary:
      'Shared memory of the router (-m): transactions and dialogs live there. Too little looks like a capacity limit.',
    unit: 'MiB',
    scope: 'process',
    access: { via: 'router', setting: 'shmMib' },
    changeCost: 'restart',
    bounds: { min: 16, max: 65_536 },
    search: { min: 64, max: 1024, scale: 'log' },
    signals: [{ limiter: 'shm', relief: 'more' }],
    source: 'OpenSIPS manual: -m; kamailio(8): -m',
  },
  {
    name: 'router.pkg',
    summary: 'Private memory of each router process (-M), used while a message is handled.',
    unit: 'MiB',
    scope: 'process',
    access: { via: 'router', setting: 'pkgMib' },
    changeCost: 'restart',
    bounds: { min: 1, max: 1024 },
    search: { min: 4, max: 64, scale: 'log' },
    signals: [{ limiter: 'pkg', relief: 'more' }],
    source: 'OpenSIPS manual: -M; kamailio(8): -M',
  },
  {
    name: 'router.allocator',
    summary:
      'Memory manager (Kamailio -x and -X, OpenSIPS -a). Several are built in; qm keeps books for debugging, which ' +
      'costs CPU time with each message, and is what Kamailio takes by default.',
    unit: 'name',
    scope: 'process',
    access: { via: 'router', setting: 'allocator' },
    changeCost: 'restart',
    bounds: { min: 0, max: ALLOCATORS.length - 1 },
    search: { min: 0, max: ALLOCATORS.length - 1, scale: 'linear' },
    signals: DRAINS,
    choices: ALLOCATORS,
    source: 'kamailio(8): -x, -X; OpenSIPS manual: -a; both: mem/',
  },
];

// Forty knobs of which four matter: the buffer, the backlog, the transmit queue and the workers. The others have names and ranges
// like real ones, and do nothing.
import type { Limiter } from '../../campaign/verdict.ts';
import type { Knob, KnobInPlay } from '../../knobs/knob.ts';
import type { Landscape } from '../landscape.ts';
import { ARTICLE } from './article.ts';
import { inPlay, LAB_MACHINE } from './parts.ts';

const MATTER = ['router.maxbuffer', 'net.core.netdev_max_backlog', 'txqueuelen', 'router.workers'] as const;
const KNOBS = 40;
const EXTRA_RANGES = [
  { min: 1, max: 1_024, scale: 'log', unit: 'packets' },
  { min: 65_536, max: 16_777_216, scale: 'log', unit: 'bytes' },
  { min: 0, max: 100, scale: 'linear', unit: 'packets' },
] as const;
const SWITCH = ['off', 'on'] as const;
/** What they are said to relieve, in turn: some of it gives way here, so that what is said does not give them away. */
const LIMITERS = [
  ...['conntrack', 'nic', 'socket-buffer', 'accept-queue', 'pkg'],
  ...['send-buffer', 'qdisc', 'time-squeeze', 'worker-cpu'],
] as readonly Limiter[];

const EXTRA_KNOBS: readonly Knob[] = Array.from({ length: KNOBS - MATTER.length }, (_, index) => {
  const name = `sim.extra${String(index + 1).padStart(2, '0')}`;
  const kind = index % (EXTRA_RANGES.length + 1);
  const range = EXTRA_RANGES[kind] ?? { min: 0, max: 1, scale: 'linear', unit: 'name' };
  return {
    name,
    summary: 'Does nothing: it is there to be left out.',
    unit: range.unit,
    scope: 'process',
    access: { via: 'sysctl', key: name },
    changeCost: index % 2 === 0 ? 'live' : 'restart',
    bounds: { min: range.min, max: range.max },
    search: { min: range.min, max: range.max, scale: range.scale },
    ...(kind === EXTRA_RANGES.length ? { choices: SWITCH } : {}),
    signals: [
      { limiter: LIMITERS[index % LIMITERS.length] as Limiter, relief: index % 2 === 0 ? 'more' : 'either' },
    ],
    source: 'simulated',
  };
});

function extraInPlay(knob: Knob): KnobInPlay {
  const { min, max } = knob.search;
  return { knob, min, max, ...(knob.choices ? { choices: knob.choices } : {}) };
}

/** Real and other knobs in turn: nobody learns from their order which matter. */
const ORDER: readonly KnobInPlay[] = [
  inPlay('router.maxbuffer'),
  inPlay('net.core.netdev_max_backlog', { min: 100 }),
  inPlay('txqueuelen'),
  inPlay('router.workers'),
].reduce<readonly KnobInPlay[]>(
  (knobs, knob, index) => knobs.toSpliced(7 + 9 * index, 0, knob),
  EXTRA_KNOBS.map(extraInPlay),
);

export const WIDE: Landscape = {
  ...ARTICLE,
  name: 'wide',
  summary: 'forty knobs, of which four matter',
  machine: {
    ...LAB_MACHINE,
    cpus: 2,
    callMs: 0.2,
    contention: 0.02,
    burstCallsPerMs: 400,
    softirqPacketsPerMs: 250,
    egressPacketsPerMs: 30,
  },
  today: {
    ...ARTICLE.today,
    'net.core.rmem_max': 32 * 1024 ** 2,
    'net.core.netdev_max_backlog': 300,
    'router.allocator': 'fm',
    'router.workers': 16,
    txqueuelen: 250,
    ...Object.fromEntries(
      EXTRA_KNOBS.map(({ name, search, choices }) => [name, choices ? 'off' : search.min]),
    ),
  },
  knobs: ORDER,
  ownKnobs: EXTRA_KNOBS,
};

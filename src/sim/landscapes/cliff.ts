// Too much of a buffer breaks the delay objective. Once a second a storm of datagrams that belong to no call (keepalives of
// phones behind NAT, scanners) arrives at once. A small buffer drops most of it; a large one keeps all of it, and the calls wait
// behind it. Calls come in bursts themselves, so that a buffer that is too small loses some.
import type { Landscape } from '../landscape.ts';
import { ARTICLE } from './article.ts';
import { CAPACITY_OBJECTIVE, inPlay, LAB_MACHINE } from './parts.ts';

export const CLIFF: Landscape = {
  ...ARTICLE,
  name: 'cliff',
  summary: 'too much of a buffer breaks the delay objective: storms of other datagrams then delay the calls',
  machine: { ...LAB_MACHINE, storm: { datagrams: 8_000, everyMs: 1_000, workMs: 0.05 } },
  today: { ...ARTICLE.today, 'router.allocator': 'fm' },
  knobs: [
    inPlay('net.core.rmem_default'),
    inPlay('net.core.rmem_max'),
    inPlay('net.core.netdev_max_backlog'),
    inPlay('router.workers'),
    inPlay('router.maxbuffer'),
    inPlay('router.pkg'),
  ],
  objective: CAPACITY_OBJECTIVE,
  load: { ...ARTICLE.load, arrivals: { kind: 'bursts', factor: 4, everyMs: 1_000, forMs: 100 } },
};

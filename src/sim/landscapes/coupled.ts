// rmem_max, maxbuffer and workers pay only when they move together. The router asks for maxbuffer and gets rmem_max at most, so
// that neither acts alone; a larger buffer makes calls late as long as too many workers fight over one CPU; and fewer of them do
// not help as long as the buffer is what loses the calls.
import type { Landscape } from '../landscape.ts';
import { ARTICLE } from './article.ts';
import { inPlay, LAB_MACHINE } from './parts.ts';

const BUFFER_BYTES = 901_120;

export const COUPLED: Landscape = {
  ...ARTICLE,
  name: 'coupled',
  summary: 'rmem_max, maxbuffer and workers pay only together',
  machine: { ...LAB_MACHINE, contention: 0.1 },
  today: {
    ...ARTICLE.today,
    'net.core.rmem_max': BUFFER_BYTES,
    'router.maxbuffer': BUFFER_BYTES,
    'router.workers': 16,
    'router.allocator': 'fm',
  },
  knobs: [
    inPlay('net.core.rmem_max', { max: 16 * 1024 ** 2 }),
    inPlay('net.core.netdev_max_backlog'),
    inPlay('router.workers'),
    inPlay('router.maxbuffer', { max: 16 * 1024 ** 2 }),
    inPlay('router.pkg'),
  ],
};

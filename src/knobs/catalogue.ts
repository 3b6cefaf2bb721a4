// The catalogue: every knob that siptune may write. What is not here is never touched.
import { MEMORY_KNOBS } from './catalogue/memory.ts';
import { ROUTER_KNOBS } from './catalogue/router.ts';
import { SOCKET_BUFFER_KNOBS } from './catalogue/socket-buffers.ts';
import { QUEUE_KNOBS } from './catalogue/softirq-and-queues.ts';
import { TCP_KNOBS } from './catalogue/tcp.ts';
import type { Knob } from './knob.ts';

export const CATALOGUE: readonly Knob[] = [
  ...SOCKET_BUFFER_KNOBS,
  ...QUEUE_KNOBS,
  ...TCP_KNOBS,
  ...MEMORY_KNOBS,
  ...ROUTER_KNOBS,
];

const byName = new Map(CATALOGUE.map((knob) => [knob.name, knob]));

/** The knob of that name, or undefined when the catalogue has none. */
export function knobByName(name: string): Knob | undefined {
  return byName.get(name);
}

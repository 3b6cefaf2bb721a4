// Knobs of the queues between the device and the socket, and between the socket and the device.
import type { Knob } from '../knob.ts';

export const QUEUE_KNOBS: readonly Knob[] = [
  {
    name: 'net.core.netdev_max_backlog',
    summary:
      'Packets that may wait on each CPU between the interrupt and the protocol stack. It is used by loopback, veth ' +
      'and receive packet steering (RPS); a NAPI driver without RPS never touches it.',
    unit: 'packets',
    scope: 'host',
    access: { via: 'sysctl', key: 'net.core.netdev_max_backlog' },
    changeCost: 'live',
    bounds: { min: 1, max: 1_000_000 },
    search: { min: 1_000, max: 16_384, scale: 'log' },
    signals: [{ limiter: 'softnet-backlog', relief: 'more' }],
    source: 'linux: net/core/dev.c enqueue_to_backlog()',
  },
  {
    name: 'txqueuelen',
    summary:
      'Length of the transmit queue of the router’s egress device. Only queues that take their limit from the ' +
      'device use it (pfifo_fast, pfifo, the default leaves of HTB), and only where packets really wait.',
    unit: 'packets',
    scope: 'device',
    access: { via: 'txqueuelen' },
    changeCost: 'qdisc',
    bounds: { min: 1, max: 100_000 },
    search: { min: 10, max: 10_000, scale: 'log' },
    signals: [
      { limiter: 'qdisc', relief: 'more' },
      { limiter: 'delay', relief: 'less' },
    ],
    source: 'linux: net/sched/sch_generic.c, net/sched/sch_fifo.c; ip-link(8)',
  },
];

// Knobs of TCP connections. SIP over UDP, which most routers speak, meets none of them.
import type { Knob } from '../knob.ts';

export const TCP_KNOBS: readonly Knob[] = [
  {
    name: 'net.ipv4.tcp_max_syn_backlog',
    summary:
      'Connections that may be half open before new ones are refused. It counts only while tcp_syncookies is off; ' +
      'otherwise the length of the listener’s own queue decides, and beyond it a cookie is sent.',
    unit: 'connections',
    scope: 'netns',
    access: { via: 'sysctl', key: 'net.ipv4.tcp_max_syn_backlog' },
    changeCost: 'live',
    bounds: { min: 16, max: 1_000_000 },
    search: { min: 128, max: 65_536, scale: 'log' },
    signals: [{ limiter: 'accept-queue', relief: 'more' }],
    source: 'linux: net/ipv4/tcp_input.c tcp_conn_request(); Documentation/networking/ip-sysctl.rst',
  },
];

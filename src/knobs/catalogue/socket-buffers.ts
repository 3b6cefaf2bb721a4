// Knobs of the sockets' buffers. What a UDP socket can hold is decided by three of them together with the router's
// own `maxbuffer`: see constraints.ts.
import type { Knob } from '../knob.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export const SOCKET_BUFFER_KNOBS: readonly Knob[] = [
  {
    name: 'net.core.rmem_default',
    summary:
      'Receive buffer that a new socket gets without asking. A UDP burst longer than this buffer is lost, ' +
      'unless the router asks for more.',
    unit: 'bytes',
    scope: 'host',
    access: { via: 'sysctl', key: 'net.core.rmem_default' },
    changeCost: 'restart',
    bounds: { min: 4 * KIB, max: 64 * MIB },
    search: { min: 208 * KIB, max: 16 * MIB, scale: 'log' },
    signals: [
      { limiter: 'socket-buffer', relief: 'more' },
      { limiter: 'delay', relief: 'less' },
    ],
    source: 'linux: Documentation/admin-guide/sysctl/net.rst, net/core/sock.c',
  },
  {
    name: 'net.core.rmem_max',
    summary:
      'Ceiling of what a program may ask for with SO_RCVBUF; the kernel grants twice the request. ' +
      'It acts only through a program that asks: for a SIP router, together with maxbuffer.',
    unit: 'bytes',
    scope: 'host',
    access: { via: 'sysctl', key: 'net.core.rmem_max' },
    changeCost: 'restart',
    bounds: { min: 4 * KIB, max: 64 * MIB },
    search: { min: 208 * KIB, max: 32 * MIB, scale: 'log' },
    signals: [
      { limiter: 'socket-buffer', relief: 'more' },
      { limiter: 'delay', relief: 'less' },
    ],
    source: 'linux: net/core/sock.c sock_setsockopt(SO_RCVBUF)',
  },
  {
    name: 'net.core.wmem_default',
    summary: 'Send buffer that a new socket gets without asking: how many messages may wait for the device.',
    unit: 'bytes',
    scope: 'host',
    access: { via: 'sysctl', key: 'net.core.wmem_default' },
    changeCost: 'restart',
    bounds: { min: 4 * KIB, max: 64 * MIB },
    search: { min: 208 * KIB, max: 16 * MIB, scale: 'log' },
    signals: [{ limiter: 'send-buffer', relief: 'more' }],
    source: 'linux: Documentation/admin-guide/sysctl/net.rst, net/core/sock.c',
  },
  {
    name: 'net.core.wmem_max',
    summary: 'Ceiling of what a program may ask for with SO_SNDBUF.',
    unit: 'bytes',
    scope: 'host',
    access: { via: 'sysctl', key: 'net.core.wmem_max' },
    changeCost: 'restart',
    bounds: { min: 4 * KIB, max: 64 * MIB },
    search: { min: 208 * KIB, max: 16 * MIB, scale: 'log' },
    signals: [{ limiter: 'send-buffer', relief: 'more' }],
    source: 'linux: net/core/sock.c sock_setsockopt(SO_SNDBUF)',
  },
];

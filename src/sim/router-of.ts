// From a configuration to a router: what buffers, workers and memory come to on a landscape's machine.
import { predictedRcvbufBytes } from '../knobs/constraints.ts';
import type { Configuration, KnobValue } from '../knobs/knob.ts';
import { asNumber } from '../knobs/knob-value.ts';
import type { Landscape } from './landscape.ts';
import type { SimulatedRouter } from './offer.ts';

/**
 * What the kernel charges a socket for a datagram, on the mean: 1,280 bytes (skb truesize) for a payload of up to about 600,
 * 2,304 for a longer one. A call's messages are of both kinds; with this value the burst is that of the lab.
 */
const BYTES_PER_DATAGRAM = 1_600;
/** Measured on Kamailio 5.6 in the lab: shared memory in use over transactions, and that of an idle router. */
const KIB_PER_TRANSACTION = 15.4;
const IDLE_SHM_MIB = 5;
/** A router is full before its CPUs are: the rest goes into waking up. */
const FULL_SHARE = 0.97;

/** The receive buffer of its socket, bytes, as the kernel reports it. */
export function rcvbufBytes(landscape: Landscape, configuration: Configuration): number {
  const value = valuesIn(landscape, configuration);
  return predictedRcvbufBytes(
    value('net.core.rmem_default'),
    value('net.core.rmem_max'),
    value('router.maxbuffer'),
  );
}

/** `bufferFactor`: how the mix of datagrams happens to be. */
export function routerOf(
  landscape: Landscape,
  configuration: Configuration,
  bufferFactor = 1,
): SimulatedRouter {
  const { machine } = landscape;
  const value = valuesIn(landscape, configuration);
  const workers = value('router.workers');
  const allocator = machine.allocators[String(effective(landscape, configuration, 'router.allocator'))] ?? 1;
  const { softirqPacketsPerMs, egressPacketsPerMs, storm } = machine;
  return {
    callMs: machine.callMs * allocator * (1 + machine.contention * (workers - 1)),
    // A worker that waits uses no CPU; all of them together use no more than there is.
    cpus: Math.min(machine.cpus, workers / (1 + machine.waitShare)),
    baseDelayMs: machine.baseDelayMs,
    bufferDatagrams: (rcvbufBytes(landscape, configuration) / BYTES_PER_DATAGRAM) * bufferFactor,
    memory: {
      mib: value('router.shm'),
      idleMib: IDLE_SHM_MIB,
      kibPerTransaction: KIB_PER_TRANSACTION,
    },
    ...(softirqPacketsPerMs === undefined
      ? {}
      : { backlog: { packets: value('net.core.netdev_max_backlog'), packetsPerMs: softirqPacketsPerMs } }),
    ...(egressPacketsPerMs === undefined
      ? {}
      : { egress: { packets: value('txqueuelen'), packetsPerMs: egressPacketsPerMs } }),
    ...(storm === undefined ? {} : { storm }),
    fullShare: FULL_SHARE,
    cpuBound: true,
  };
}

/** Today's value of what is not set, and of what is ignored. */
function effective(
  { today, ignored }: Landscape,
  configuration: Configuration,
  name: string,
): KnobValue | undefined {
  return ignored.includes(name) ? today[name] : (configuration[name] ?? today[name]);
}

function valuesIn(landscape: Landscape, configuration: Configuration) {
  return (name: string): number => {
    const value = asNumber(effective(landscape, configuration, name));
    if (value === undefined) throw new RangeError(`${landscape.name}: ${name} has no number`);
    return value;
  };
}

// A queue that grows is an overload that has not lost anything yet: 8 MiB of buffer swallow an excess of 10 % for three
// seconds. It shows in the setup delay, and in the receive queue of the router's socket.
import type { SteadyPlan } from '../load/load.ts';
import type { MeterReport } from '../meters/meter.ts';
import { percentile } from '../stats/percentiles.ts';

/** The last quarter of the calls waits this much longer than the first, in ratio and in ms. */
const GROWTH_RATIO = 2;
const GROWTH_MIN_MS = 25;
/** Where a buffer would hide the loss, a smaller climb counts, if it goes on from quarter to quarter. Two or three ticks of SIPp's clock. */
const STEADY_GROWTH_MIN_MS = 10;
/** A buffer that holds the excess of this share for the whole window hides it from all counters of drops. */
const HIDDEN_EXCESS = 0.01;
/** What the kernel charges for a datagram of up to about 600 bytes; longer ones cost nearly twice that. */
const BYTES_PER_DATAGRAM = 1280;
/** INVITE, ACK, BYE and their answers, of which the router receives each once. */
const DATAGRAMS_PER_CALL = 6;
const MIN_CALLS_IN_QUARTER = 10;

type Meters = Readonly<Record<string, MeterReport>>;

/** What grew over the window, from what to what; null when nothing did. */
export function queueGrowth(plan: SteadyPlan, delays: Float64Array, meters: Meters): string | null {
  return delayGrowth(delays, couldHideExcess(plan, meters)) ?? recvQueueGrowth(plan, meters);
}

/** The router's buffer holds, for this window, more than what an excess of HIDDEN_EXCESS would put into it. */
export function couldHideExcess({ rateCps, windowMs }: SteadyPlan, meters: Meters): boolean {
  const bufferBytes = meters.sockets?.routerRcvbufBytes ?? 0;
  const offeredBytes = (rateCps * windowMs * DATAGRAMS_PER_CALL * BYTES_PER_DATAGRAM) / 1000;
  return bufferBytes > offeredBytes * HIDDEN_EXCESS;
}

function delayGrowth(delays: Float64Array, hidden: boolean): string | null {
  const size = Math.floor(delays.length / 4);
  if (size < MIN_CALLS_IN_QUARTER) return null;
  const quarters = [0, 1, 2, 3].map((n) =>
    delays.subarray(n * size, n === 3 ? delays.length : (n + 1) * size),
  );
  const [first = 0, , , last = 0] = quarters.map(mean);
  const medians = quarters.map((quarter) => percentile(quarter, 0.5));
  const climbs = medians.every((median, n) => n === 0 || median > (medians[n - 1] ?? 0));
  const grown = last - first;
  // Medians do not follow a single hiccup in the last quarter.
  const climbed = climbs ? (medians[3] ?? 0) - (medians[0] ?? 0) : 0;
  const isGrowth =
    (grown > GROWTH_MIN_MS && last > first * GROWTH_RATIO) ||
    climbed > (hidden ? STEADY_GROWTH_MIN_MS : GROWTH_MIN_MS);
  return isGrowth
    ? `setup delay climbs from ${first.toFixed(0)} to ${last.toFixed(0)} ms over the window`
    : null;
}

/** In bytes per datagram that arrived, so that it is measured by the time that the newest of them has to wait. */
function recvQueueGrowth({ rateCps, windowMs }: SteadyPlan, meters: Meters): string | null {
  const { routerRcvqEarlyBytes: early, routerRcvqLateBytes: late } = meters.sockets ?? {};
  if (early === undefined || late === undefined) return null;
  const arrived = meters['snmp-router']?.inDatagrams ?? (rateCps * windowMs * DATAGRAMS_PER_CALL) / 1000;
  const bytesPerMs = (arrived * BYTES_PER_DATAGRAM) / windowMs;
  return late > early * GROWTH_RATIO && late - early > GROWTH_MIN_MS * bytesPerMs
    ? `Recv-Q of the router's socket climbs from ${early} to ${late} bytes over the window`
    : null;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

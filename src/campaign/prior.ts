// A first guess of the burst that a configuration carries, from what its receive buffer holds. Only where the search
// begins depends on it, never what is reported.
import { predictedRcvbufBytes } from '../knobs/constraints.ts';
import type { Configuration } from '../knobs/knob.ts';
import { asNumber } from '../knobs/knob-value.ts';

/** What the kernel charges a socket for one small SIP message (skb truesize of a payload up to about 600 bytes). */
const MESSAGE_TRUESIZE_BYTES = 1_280;
/** INVITEs wait beside the replies of the calls before them. */
const BUFFER_SHARE_FOR_CALLS = 0.4;
/** Of the steady rate: a burst needs only the set-up half of each call. */
const BURST_SPEEDUP = 1.3;

export function burstPrior(
  full: Configuration,
  capacityCps: number | undefined,
  maxP99SetupMs: number,
): number | undefined {
  const [rmemDefault, rmemMax, maxbuffer] = [
    'net.core.rmem_default',
    'net.core.rmem_max',
    'router.maxbuffer',
  ].map((name) => asNumber(full[name]));
  if (rmemDefault === undefined || rmemMax === undefined || maxbuffer === undefined) return undefined;
  const held =
    (predictedRcvbufBytes(rmemDefault, rmemMax, maxbuffer) / MESSAGE_TRUESIZE_BYTES) * BUFFER_SHARE_FOR_CALLS;
  const inTime =
    capacityCps === undefined
      ? Number.POSITIVE_INFINITY
      : (capacityCps * BURST_SPEEDUP * maxP99SetupMs) / 1000;
  return Math.max(1, Math.round(Math.min(held, inTime)));
}

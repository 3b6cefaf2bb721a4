// In each trial the router should have received what siptune sent, or less. More is somebody else's: the campaign ends.
import type { Clock } from '../../clock.ts';
import type { CallLoad, LoadPlan, LoadReport } from '../../load/load.ts';
import type { MeterReport } from '../../meters/meter.ts';
import type { Target } from '../../targets/target.ts';
import { lookAtPeers, peersText } from './peers.ts';
import { type RouterTraffic, readRouterTraffic, trafficBetween } from './router-traffic.ts';

/** Below both of these it is noise: a monitor, a late retransmission, a snapshot that is a moment old. */
const MAX_EXCESS_PER_S = 5;
const MAX_EXCESS_SHARE = 0.02;
/** A call of the phone: INVITE, ACK and BYE out, 180 and twice 200 back; one call more at either edge of the trial. */
const MESSAGES_PER_PHONE_CALL = 3;
const PHONE_EDGE_CALLS = 2;
const PEER_LOOK_MS = 1_000;

export interface TrafficGuard {
  /** Before a trial: counts begin, and `load` is to be used in its place. */
  begin(load: CallLoad): Promise<{
    readonly load: CallLoad;
    /** After the trial: what was foreign in it, in words, or null; and the counts, for the record. */
    end(plan: LoadPlan): Promise<{ readonly foreign: string | null; readonly report: MeterReport }>;
  }>;
}

/** What siptune can have sent to the router at most. */
export interface OwnTraffic {
  readonly requests: number;
  readonly replies: number;
}

export interface TrafficGuardOptions {
  /** 0: no phone takes part. */
  readonly phoneRateCps: number;
  /** The scenario lets others call: counted, and not complained about. */
  readonly allowed: boolean;
}

export function createTrafficGuard(
  target: Target,
  { phoneRateCps, allowed }: TrafficGuardOptions,
  clock: Clock,
): TrafficGuard {
  const { router, routerHost, routerAddress, routerPort } = target;
  const isShared = sharesNamespace(target);
  return {
    async begin(load) {
      const startMs = clock.nowMs();
      const before = await readRouterTraffic(router, routerHost);
      let report: LoadReport | undefined;
      const watched: CallLoad = {
        ...load,
        async offer(plan, context) {
          report = await load.offer(plan, context);
          return report;
        },
      };
      const end = async (plan: LoadPlan) => {
        const seen = trafficBetween(before, await readRouterTraffic(router, routerHost));
        const seconds = (clock.nowMs() - startMs) / 1_000;
        if (!report) return { foreign: null, report: {} };
        const phoneCalls = plan.shape === 'steady' ? phoneRateCps * seconds + PHONE_EDGE_CALLS : 0;
        const phone = phoneRateCps > 0 ? phoneCalls * MESSAGES_PER_PHONE_CALL : 0;
        const own = {
          requests: report.sentAtMost.requests + phone,
          replies: report.sentAtMost.replies + phone,
        };
        // Beside the router, SIPp's and the phone's own receives are among the namespace's datagrams.
        const told = isShared ? { ...seen, datagrams: null } : seen;
        const foreign = excessOf(told, own, seconds);
        const counts = reportOf(seen, own);
        if (foreign === null || allowed) return { foreign: null, report: counts };
        const peers = await lookAtPeers(
          { host: routerHost, address: routerAddress, port: routerPort },
          PEER_LOOK_MS,
          clock,
        );
        return {
          foreign: `the router received ${foreign} that siptune did not send, ${peersText(peers)}`,
          report: counts,
        };
      };
      return { load: watched, end };
    },
  };
}

function reportOf(seen: RouterTraffic, own: OwnTraffic): MeterReport {
  return {
    ...(seen.requests === null ? {} : { requestsReceived: seen.requests }),
    ...(seen.datagrams === null ? {} : { datagramsReceived: seen.datagrams }),
    requestsSentAtMost: Math.ceil(own.requests),
    repliesSentAtMost: Math.ceil(own.replies),
  };
}

function sharesNamespace({ routerHost, caller, callee, pairs = [] }: Target): boolean {
  return [{ caller, callee }, ...pairs]
    .flatMap((pair) => [pair.caller?.host, pair.callee?.host])
    .some((host) => host?.label === routerHost.label);
}

/** In words, or null where it is small. Datagrams count only where the router's own statistics cannot be read. */
export function excessOf(seen: RouterTraffic, own: OwnTraffic, seconds: number): string | null {
  const [received, sent, what] =
    seen.requests === null
      ? [seen.datagrams ?? 0, own.requests + own.replies, 'UDP datagrams']
      : [seen.requests, own.requests, 'SIP requests'];
  const excess = received - sent;
  const allowed = Math.max(MAX_EXCESS_PER_S * seconds, MAX_EXCESS_SHARE * sent);
  return excess > allowed ? `${(excess / seconds).toFixed(0)} ${what}/s` : null;
}

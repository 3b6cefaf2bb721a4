// What reaches the router, counted twice: by the router itself, and by the kernel for the router's namespace.
import { increase } from '../../meters/counters.ts';
import { parseSnmpUdp } from '../../meters/snmp.ts';
import type { Router } from '../../routers/router.ts';
import type { Host } from '../../targets/host.ts';

/** Running totals; null where one cannot be read (a choked router, a service that answers to nobody but its user). */
export interface RouterTraffic {
  readonly requests: number | null;
  readonly replies: number | null;
  /** UDP datagrams of the whole namespace, also of programs that have nothing to do with SIP. */
  readonly datagrams: number | null;
}

const SNMP = '/proc/net/snmp';

export async function readRouterTraffic(router: Router, routerHost: Host): Promise<RouterTraffic> {
  const [stats, files] = await Promise.all([
    router.stats().catch(() => ({}) as Awaited<ReturnType<Router['stats']>>),
    routerHost.readFiles([SNMP]),
  ]);
  return {
    requests: stats['core:rcv_requests'] ?? null,
    replies: stats['core:rcv_replies'] ?? null,
    datagrams: parseSnmpUdp(files.get(SNMP) ?? '')?.inDatagrams ?? null,
  };
}

export function trafficBetween(before: RouterTraffic, after: RouterTraffic): RouterTraffic {
  const grown = (from: number | null, to: number | null) =>
    from === null || to === null ? null : increase(from, to);
  return {
    requests: grown(before.requests, after.requests),
    replies: grown(before.replies, after.replies),
    datagrams: grown(before.datagrams, after.datagrams),
  };
}

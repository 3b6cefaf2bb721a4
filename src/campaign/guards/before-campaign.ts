// A router that carries calls is not staging: before anything is written, siptune watches for traffic that is not its own.
import type { Clock } from '../../clock.ts';
import { EXIT, UserError } from '../../errors.ts';
import { udpSocketsOn } from '../../routers/udp-socket.ts';
import type { Target } from '../../targets/target.ts';
import { type Peers, peersText, watchPeers } from './peers.ts';
import { type RouterTraffic, readRouterTraffic, trafficBetween } from './router-traffic.ts';

const WATCH_MS = 10_000;
/** SIP messages: more than the keep-alives of a monitor. */
const MAX_MESSAGES_PER_S = 1;
/** Datagrams of a whole namespace, where nothing tells SIP from the rest: room for time, names and logs. */
const MAX_DATAGRAMS_PER_S = 5;

export async function refuseForeignTraffic(target: Target, clock: Clock, signal: AbortSignal): Promise<void> {
  if (!(await somebodyIsThere(target))) return;
  const { router, routerHost, routerAddress, routerPort } = target;
  const startMs = clock.nowMs();
  const [before, watch] = await Promise.all([
    readRouterTraffic(router, routerHost),
    watchPeers(routerHost, routerAddress, routerPort),
  ]);
  await clock.sleep(WATCH_MS, signal);
  const after = await readRouterTraffic(router, routerHost);
  const seconds = (clock.nowMs() - startMs) / 1_000;
  const peers = await watch.stop();
  if (signal.aborted) return;
  const seen = foreignRate(trafficBetween(before, after), peers, seconds);
  if (seen === null) return;
  throw new UserError(
    `refusing to start: the router at ${routerAddress}:${routerPort} (${routerHost.label}) receives ${seen} that siptune did not send, ` +
      `${peersText(peers)}. A router that carries calls is not staging: end that traffic, or write "background: allowed" ` +
      'into the scenario when it may be disturbed',
    EXIT.unsafe,
  );
}

/**
 * A router that siptune is about to start has nothing to lose yet. In a namespace of its own (the lab's), a caller who is
 * there already would call it as soon as it runs.
 */
async function somebodyIsThere({ routerHost, routerAddress, routerPort, caller }: Target): Promise<boolean> {
  if ((await udpSocketsOn(routerHost, { address: routerAddress, port: routerPort })).length > 0) return true;
  if (caller.host.netns === undefined) return false;
  const sockets = await caller.host.run(['ss', '-Htuan']);
  return sockets.exitCode === 0 && sockets.stdout.trim() !== '';
}

/** In words, or null where it is small. The router's own count comes first, for it knows SIP from other datagrams. */
export function foreignRate(seen: RouterTraffic, peers: Peers, seconds: number): string | null {
  const perS = (count: number) => count / seconds;
  const messages = seen.requests === null ? null : seen.requests + (seen.replies ?? 0);
  const captured = peers.state === 'seen' ? peers.datagrams : null;
  const counted = messages === null && captured === null ? null : Math.max(messages ?? 0, captured ?? 0);
  if (counted !== null)
    return perS(counted) > MAX_MESSAGES_PER_S ? `${rate(perS(counted))} SIP messages/s` : null;
  const datagrams = seen.datagrams === null ? 0 : perS(seen.datagrams);
  return datagrams > MAX_DATAGRAMS_PER_S ? `${rate(datagrams)} UDP datagrams/s` : null;
}

function rate(perS: number): string {
  return perS < 10 ? perS.toFixed(1) : perS.toFixed(0);
}

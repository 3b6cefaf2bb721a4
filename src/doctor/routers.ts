// The SIP routers of the machine: which are installed, which one runs, and the sockets it has.
import type { Clock } from '../clock.ts';
import { createRouter } from '../routers/create-router.ts';
import type { RouterFacts, RouterKind } from '../routers/router.ts';
import { findMainPid } from '../routers/service-process.ts';
import { parseUdpSockets, type UdpSocket } from '../routers/udp-socket.ts';
import type { RouterSpec } from '../scenario/scenario.ts';
import type { Host } from '../targets/host.ts';
import { type Attempt, attempt } from './attempt.ts';
import { mainProcess, type ProcessRow } from './process-list.ts';

export interface FoundRouter {
  readonly kind: RouterKind;
  readonly facts: Attempt<RouterFacts>;
  /** undefined: it does not run, or nobody can tell. */
  readonly pid: number | undefined;
  /** Its UDP sockets in the place that is looked at. */
  readonly sockets: readonly UdpSocket[];
}

interface Where {
  readonly place: Host;
  readonly port: number;
  /** The scenario's router; null: any. */
  readonly spec: RouterSpec | null;
  readonly processes: readonly ProcessRow[] | null;
  readonly clock: Clock;
}

const KINDS: readonly RouterKind[] = ['kamailio', 'opensips'];
const NOTHING_SPECIAL = { binary: undefined, config: undefined, service: undefined, settings: {} };

/** Of those that are neither installed nor running, only the scenario's is in the list. */
export async function findRouters(where: Where): Promise<readonly FoundRouter[]> {
  const { spec, place, port } = where;
  const shown = await place.run(['ss', '-Huanmp']);
  const sockets = shown.exitCode === 0 ? parseUdpSockets(shown.stdout) : [];
  const found = await Promise.all(
    (spec ? [spec.kind] : KINDS).map((kind) =>
      findOne(where, spec ?? { kind, ...NOTHING_SPECIAL }, sockets, port),
    ),
  );
  return found.filter(({ facts, pid }) => spec !== null || facts.state === 'done' || pid !== undefined);
}

async function findOne(
  { place, processes, clock }: Where,
  spec: RouterSpec,
  sockets: readonly UdpSocket[],
  port: number,
): Promise<FoundRouter> {
  const { kind, service } = spec;
  const listen = { address: '0.0.0.0', port };
  const router = createRouter({
    host: place,
    spec: { ...spec, service: undefined },
    listen,
    cpus: undefined,
    workDir: '/nonexistent',
    clock,
  });
  const own = sockets.filter(({ owner }) => owner?.name === kind);
  const pid =
    (service?.pidFile === undefined ? undefined : await findMainPid(place, service.pidFile, listen)) ??
    own[0]?.owner?.pid ??
    // A process of another namespace is not the one that is looked at, but says that the product runs.
    mainProcess(processes, kind)?.pid;
  // Without root ss does not name owners: what has the port is taken for the router's.
  const nameless = sockets.filter(({ owner, local }) => !owner && local.endsWith(`:${port}`));
  return {
    kind,
    facts: await attempt(() => router.facts()),
    pid,
    sockets: own.length > 0 ? own : pid === undefined ? [] : nameless,
  };
}

// Which adapter serves which router.
import type { Clock } from '../clock.ts';
import type { RouterSpec } from '../scenario/scenario.ts';
import type { Host } from '../targets/host.ts';
import { createKamailio } from './kamailio.ts';
import { createOpensips } from './opensips.ts';
import type { Router } from './router.ts';
import { createServiceRouter } from './service-router.ts';

export interface RouterDeps {
  /** The router's namespace. */
  readonly host: Host;
  readonly spec: RouterSpec;
  readonly listen: { readonly address: string; readonly port: number };
  /** It must take SIP over TCP as well, at the same address and port. */
  readonly tcp?: boolean;
  /** CPU list that the router is pinned to; undefined: left to the kernel. */
  readonly cpus: string | undefined;
  /** A folder on the router's machine. Log, control files and derived configurations go here; exists. */
  readonly workDir: string;
  /** Where readiness is asked from; undefined: from the router's own namespace and address. */
  readonly probeFrom?: { readonly host: Host; readonly address: string } | undefined;
  readonly clock: Clock;
}

export function createRouter(deps: RouterDeps): Router {
  const own = deps.spec.kind === 'kamailio' ? createKamailio(deps) : createOpensips(deps);
  return deps.spec.service ? createServiceRouter(deps, own) : own;
}

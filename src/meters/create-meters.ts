// Every meter of a trial, joined to the places where it looks.
import type { Clock } from '../clock.ts';
import type { Router } from '../routers/router.ts';
import type { Host } from '../targets/host.ts';
import type { GeneratorPair, TargetFacts } from '../targets/target.ts';
import { createLinkMeter } from './link.ts';
import type { Meter } from './meter.ts';
import { createMpstatMeter } from './mpstat.ts';
import { createNamespaceFiles } from './namespace-files.ts';
import { createNetstatMeter } from './netstat.ts';
import { createOfferMeter } from './offer.ts';
import { createProcessesMeter } from './processes.ts';
import { createPsiMeter } from './psi.ts';
import { createQdiscMeter } from './qdisc.ts';
import { createRivalsMeter } from './rivals.ts';
import { createRouterMeter } from './router.ts';
import { createSchedstatMeter } from './schedstat.ts';
import { createSnmpMeter } from './snmp.ts';
import { createSocketsMeter } from './sockets.ts';
import { createSoftnetMeter } from './softnet.ts';
import { createTcpMeter } from './tcp.ts';
import { createTicksMeter } from './ticks.ts';

export interface MeterDeps {
  /** The initial namespace of the machine with the router. */
  readonly machine: Host;
  readonly routerHost: Host;
  /** The machine of caller and callee, where it has CPUs of its own. */
  readonly generators: Host | undefined;
  /** Of generators that may take part; the first one's namespaces are watched most closely. */
  readonly pairs: readonly [GeneratorPair, ...GeneratorPair[]];
  /** Devices of the router's namespace. */
  readonly devices: readonly string[];
  readonly router: Router;
  readonly routerPort: number;
  /** The load is over TCP. */
  readonly tcp?: boolean;
  readonly facts: TargetFacts;
  readonly clock: Clock;
}

export function createMeters(deps: MeterDeps): readonly Meter[] {
  const { machine, routerHost, devices, clock } = deps;
  // One view of each namespace, shared by all meters that look into it: hosts may well be in the same one.
  const views = new Map<string, ReturnType<typeof createNamespaceFiles>>();
  const viewOf = (host: Host) => {
    const view = views.get(host.label) ?? createNamespaceFiles(host.machine, host, clock);
    views.set(host.label, view);
    return view;
  };
  const router = viewOf(routerHost);
  const caller = viewOf(deps.pairs[0].caller.host);
  const callee = viewOf(deps.pairs[0].callee.host);
  const ends = deps.pairs.flatMap((pair) => [pair.caller, pair.callee]);
  const sockets = {
    routerHost,
    routerFiles: router,
    generatorFiles: [...new Set(ends.map(({ host }) => viewOf(host)))],
    routerPort: deps.routerPort,
    generatorPorts: ends.map(({ port }) => port),
    clock,
  };

  return [
    createMpstatMeter(machine, clock),
    createTicksMeter(machine, deps.facts.clockTicksPerS, clock),
    ...(deps.generators
      ? [createTicksMeter(deps.generators, deps.facts.clockTicksPerS, clock, 'ticks-generators')]
      : []),
    createSoftnetMeter(machine, clock),
    createSnmpMeter('router', router, clock),
    ...(deps.tcp ? [createTcpMeter(router, clock)] : []),
    createSnmpMeter('caller', caller, clock),
    createSnmpMeter('callee', callee, clock),
    createSocketsMeter(sockets),
    createOfferMeter({ ...sockets, machine, devices }),
    createQdiscMeter(routerHost, devices, clock),
    createLinkMeter(router, devices, clock),
    createNetstatMeter(router, clock),
    createProcessesMeter(machine, clock, deps.facts),
    createSchedstatMeter(machine, clock),
    createRivalsMeter(machine, deps.facts.clockTicksPerS, clock),
    createRouterMeter(deps.router, clock),
    createPsiMeter(machine, clock),
  ];
}

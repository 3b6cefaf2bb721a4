// Every meter of a trial, joined to the places where it looks.
import type { Clock } from '../clock.ts';
import type { Router } from '../routers/router.ts';
import { cpuList } from '../targets/cpu-list.ts';
import type { Host } from '../targets/host.ts';
import type { GeneratorMachine, GeneratorPair, TargetFacts } from '../targets/target.ts';
import { createLinkMeter } from './link.ts';
import type { Meter, MeterContext } from './meter.ts';
import { createMpstatMeter } from './mpstat.ts';
import { createNamespaceFiles } from './namespace-files.ts';
import { createNetstatMeter } from './netstat.ts';
import { createOfferMeter } from './offer.ts';
import { createProcessesMeter } from './processes.ts';
import { createPsiMeter } from './psi.ts';
import { createQdiscMeter } from './qdisc.ts';
import { createRivalsMeter, RIVALS_OF_GENERATORS, rivalsOfMachine } from './rivals.ts';
import { createRouterMeter } from './router.ts';
import { createSchedstatMeter } from './schedstat.ts';
import { createSnmpMeter } from './snmp.ts';
import { createSocketsMeter } from './sockets.ts';
import { createSoftnetMeter } from './softnet.ts';
import { createTcpMeter } from './tcp.ts';
import { createTicksMeter, TICKS_OF_GENERATORS, ticksOfMachine } from './ticks.ts';

type WhereItRuns = Pick<ReturnType<MeterContext['processes']>[number], 'role' | 'on'>;
type MeteredPair = Pick<GeneratorPair, 'caller' | 'callee'>;

export interface MeterDeps {
  /** The initial namespace of the machine with the router. */
  readonly machine: Host;
  readonly routerHost: Host;
  /** The machine of caller and callee, where it has CPUs of its own. */
  readonly generators: Host | undefined;
  /** Of generators that may take part; the first one's namespaces are watched most closely. */
  readonly pairs: readonly [MeteredPair, ...MeteredPair[]];
  /** Further machines with generators. */
  readonly otherMachines?: readonly GeneratorMachine[];
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

  const others = othersWithCpus(deps.otherMachines ?? []);
  const elsewhere = new Set(
    (deps.otherMachines ?? []).flatMap(({ host, kernel }) => (kernel === 'target' ? [] : [host.label])),
  );
  // Those that say nothing else are processes of siptune's machine, except the router's.
  const isHere = ({ role, on }: WhereItRuns) => on === undefined && !(machine.remote && role === 'router');
  const isAtRouter = (one: WhereItRuns) =>
    isHere(one) ? !machine.remote : one.on === undefined || !elsewhere.has(one.on);

  return [
    createMpstatMeter(machine, clock),
    createTicksMeter(machine, deps.facts.clockTicksPerS, clock),
    ...(deps.generators
      ? [
          createTicksMeter(deps.generators, deps.facts.clockTicksPerS, clock, TICKS_OF_GENERATORS),
          createRivalsMeter(deps.generators, deps.facts.clockTicksPerS, clock, {
            name: RIVALS_OF_GENERATORS,
            isThere: isHere,
          }),
        ]
      : []),
    ...others.flatMap(({ ticks, rivals, host, cpus, facts }) => [
      createTicksMeter(host, facts.clockTicksPerS, clock, ticks, cpuList(cpus)),
      createRivalsMeter(host, facts.clockTicksPerS, clock, {
        name: rivals,
        isThere: ({ on }) => on === host.label,
      }),
    ]),
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
    createProcessesMeter(machine, clock, deps.facts, deps.otherMachines),
    createSchedstatMeter(machine, clock),
    createRivalsMeter(machine, deps.facts.clockTicksPerS, clock, { isThere: isAtRouter }),
    createRouterMeter(deps.router, clock),
    createPsiMeter(machine, clock),
  ];
}

/** Those with CPUs that no other meter watches, each with the names of its own. */
export function othersWithCpus(
  machines: readonly GeneratorMachine[],
): readonly (GeneratorMachine & { readonly ticks: string; readonly rivals: string })[] {
  return machines.flatMap((machine, index) =>
    machine.kernel === 'own'
      ? [{ ...machine, ticks: ticksOfMachine(index + 1), rivals: rivalsOfMachine(index + 1) }]
      : [],
  );
}

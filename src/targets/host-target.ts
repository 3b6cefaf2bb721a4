// A router of the operator's own: on this machine or on another, in the initial namespace or in one that the scenario names.
import type { Clock } from '../clock.ts';
import { createRouter } from '../routers/create-router.ts';
import type { HostTargetSpec, LoadSpec, PlacedEndpoint, RouterSpec } from '../scenario/scenario.ts';
import { bootIdOf } from './boot-id.ts';
import { allCpus } from './cpu-list.ts';
import { NO_MACHINES, type OpenedMachines, readGeneratorMachines } from './generator-machines.ts';
import { endsOf, generatorPairs } from './generator-pairs.ts';
import type { Host } from './host.ts';
import { splitCpus } from './lab/split-cpus.ts';
import type { Target } from './target.ts';
import { readTargetFacts } from './target-facts.ts';

/** Ports of the generators; the router's is the scenario's. */
const CALLER_PORT = 5061;
const CALLEE_PORT = 5070;

/** `workDir` is on the target; `generators` is siptune's machine, `opened` are others with generators. */
export async function createHostTarget(
  machine: Host,
  spec: {
    readonly target: HostTargetSpec;
    readonly router: RouterSpec;
    readonly load?: Pick<LoadSpec, 'transport' | 'generators'>;
  },
  workDir: string,
  clock: Clock,
  generators: Host = machine,
  opened: OpenedMachines = NO_MACHINES,
): Promise<Target> {
  const { target } = spec;
  const sharesKernel = generators === machine || (await bootIdOf(generators)) === (await bootIdOf(machine));
  const facts = await readTargetFacts(machine);
  const loadFacts = sharesKernel ? facts : await readTargetFacts(generators);
  const inside = (host: Host, netns: string | undefined) =>
    netns === undefined ? host : host.inNetns(netns);
  const routerHost = inside(machine, target.netns);
  const endpoint = ({ netns, address }: PlacedEndpoint, port: number) => ({
    host: inside(generators, netns),
    address,
    port,
  });
  const own = {
    caller: endpoint(target.caller, CALLER_PORT),
    callee: endpoint(target.callee, CALLEE_PORT),
  };
  // A service has the CPUs that its operator gave it; generators on the same machine keep to their half.
  const loadCpus = sharesKernel ? splitCpus(facts.cpus).loadCpus : allCpus(loadFacts.cpus);
  const others = await readGeneratorMachines(opened, { target: machine, siptune: generators, loadCpus });
  const pairs = generatorPairs(own, spec.load?.generators, {
    machine: generators,
    routerPort: target.port,
    others,
  });
  const ends = endsOf(own, pairs);
  return {
    label: machine.label,
    machine,
    routerHost,
    router: createRouter({
      host: routerHost,
      spec: spec.router,
      listen: { address: target.address, port: target.port },
      cpus: undefined,
      workDir,
      // Nothing is installed on another machine, so OPTIONS come from where the calls come from.
      probeFrom: machine.remote ? ends.caller : undefined,
      tcp: spec.load?.transport !== undefined,
      clock,
    }),
    routerAddress: target.address,
    routerPort: target.port,
    devices: target.device === undefined ? [] : [target.device],
    generators,
    sharesKernel,
    ...ends,
    pairs,
    otherMachines: [...others.values()],
    routerCpus: allCpus(facts.cpus),
    loadCpus,
    facts,
  };
}

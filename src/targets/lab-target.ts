// The lab as a target: three namespaces on this machine, a router of our own in the middle one.
import type { Clock } from '../clock.ts';
import { createRouter } from '../routers/create-router.ts';
import type { LabTargetSpec, LoadSpec, RouterSpec } from '../scenario/scenario.ts';
import { NO_MACHINES, type OpenedMachines, readGeneratorMachines } from './generator-machines.ts';
import { endsOf, generatorPairs } from './generator-pairs.ts';
import type { Host } from './host.ts';
import { LAB } from './lab/layout.ts';
import { splitCpus } from './lab/split-cpus.ts';
import type { Target } from './target.ts';
import { readTargetFacts } from './target-facts.ts';

/** The lab must be up, unless only files are read, by way of `routerSeenFrom`. `workDir` holds the router's log and control files. */
export async function createLabTarget(
  machine: Host,
  spec: {
    readonly target: LabTargetSpec;
    readonly router: RouterSpec;
    readonly load?: Pick<LoadSpec, 'transport' | 'generators'>;
  },
  workDir: string,
  clock: Clock,
  {
    routerSeenFrom = machine.inNetns(LAB.routerNetns),
    opened = NO_MACHINES,
  }: { readonly routerSeenFrom?: Host; readonly opened?: OpenedMachines } = {},
): Promise<Target> {
  const facts = await readTargetFacts(machine);
  const { routerCpus, loadCpus } = splitCpus(facts.cpus);
  const routerHost = machine.inNetns(LAB.routerNetns);
  const own = {
    caller: { host: machine.inNetns(LAB.callerNetns), address: LAB.callerAddress, port: LAB.callerPort },
    callee: { host: machine.inNetns(LAB.calleeNetns), address: LAB.calleeAddress, port: LAB.calleePort },
  };
  const others = await readGeneratorMachines(opened, { target: machine, siptune: machine, loadCpus });
  const pairs = generatorPairs(own, spec.load?.generators, { machine, routerPort: LAB.routerPort, others });
  return {
    label: 'lab',
    machine,
    routerHost,
    router: createRouter({
      host: routerSeenFrom,
      spec: spec.router,
      listen: { address: LAB.routerAddress, port: LAB.routerPort },
      cpus: routerCpus,
      workDir,
      tcp: spec.load?.transport !== undefined,
      clock,
    }),
    routerAddress: LAB.routerAddress,
    routerPort: LAB.routerPort,
    devices: [LAB.routerToCallee, LAB.routerToCaller],
    generators: machine,
    sharesKernel: true,
    ...endsOf(own, pairs),
    pairs,
    otherMachines: [...others.values()],
    routerCpus,
    loadCpus,
    facts,
  };
}

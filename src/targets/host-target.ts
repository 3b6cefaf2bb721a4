// A router of the operator's own on this machine: in the initial namespace or in one that the scenario names.
import type { Clock } from '../clock.ts';
import { createRouter } from '../routers/create-router.ts';
import type { HostTargetSpec, RouterSpec } from '../scenario/scenario.ts';
import type { Host } from './host.ts';
import { splitCpus } from './lab/split-cpus.ts';
import type { Target } from './target.ts';
import { readTargetFacts } from './target-facts.ts';

/** Ports of the generators; the router's is the scenario's. */
const CALLER_PORT = 5061;
const CALLEE_PORT = 5070;

export async function createHostTarget(
  machine: Host,
  spec: { readonly target: HostTargetSpec; readonly router: RouterSpec },
  workDir: string,
  clock: Clock,
): Promise<Target> {
  const { target } = spec;
  const facts = await readTargetFacts(machine);
  const inside = (netns: string | undefined) => (netns === undefined ? machine : machine.inNetns(netns));
  const routerHost = inside(target.netns);
  // A service has the CPUs that its operator gave it; generators on the same machine keep to their half.
  const { loadCpus } = splitCpus(facts.cpus);
  const allCpus = facts.cpus > 1 ? `0-${facts.cpus - 1}` : '0';
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
      clock,
    }),
    routerAddress: target.address,
    routerPort: target.port,
    devices: target.device === undefined ? [] : [target.device],
    caller: { host: inside(target.caller.netns), address: target.caller.address, port: CALLER_PORT },
    callee: { host: inside(target.callee.netns), address: target.callee.address, port: CALLEE_PORT },
    routerCpus: allCpus,
    loadCpus,
    facts,
  };
}

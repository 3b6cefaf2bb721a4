// The pairs of calling and answering generators: the target's own and those beside it, each on ports of its own.
import { UserError } from '../errors.ts';
import type { GeneratorsSpec, PlacedEndpoint, PlacedPairSpec } from '../scenario/scenario.ts';
import { cpuList } from './cpu-list.ts';
import type { Host } from './host.ts';
import { PHONE_PORT } from './lab/layout.ts';
import { showSshAddress } from './ssh/ssh-address.ts';
import type { GeneratorMachine, GeneratorPair } from './target.ts';

/** More processes than this are more than one machine feeds. */
export const MOST_PAIRS = 16;

/** Ports of the second pair and of those after it, caller and callee in turn. */
const FIRST_PORT = 5100;

/**
 * As many pairs as there may be at most. `own` is the target's; where the scenario lists generators, the first of these takes
 * its place and its ports, and those after the last begin again with the first.
 */
export function generatorPairs(
  own: GeneratorPair,
  generators: GeneratorsSpec | undefined,
  { machine, routerPort, others = new Map() }: PairsOn,
): readonly GeneratorPair[] {
  const places =
    typeof generators === 'object' ? generators.map((one) => placed(one, machine, others)) : [own];
  const ports = freePorts([routerPort, PHONE_PORT, own.caller.port, own.callee.port]);
  // One more, for a base rate.
  return Array.from({ length: MOST_PAIRS + 1 }, (_, index) => {
    const { caller, callee, ...where } = places[index % places.length] ?? own;
    const [callerPort = 0, calleePort = 0] =
      index === 0 ? [own.caller.port, own.callee.port] : ports.slice(2 * index - 2, 2 * index);
    return { ...where, caller: { ...caller, port: callerPort }, callee: { ...callee, port: calleePort } };
  });
}

/**
 * The ends of the target itself. The phone, netperf and OPTIONS come from siptune's machine, so from the first pair that is on it,
 * or else from the target's own caller; whoever calls is answered by the first pair.
 */
export function endsOf(
  own: GeneratorPair,
  pairs: readonly GeneratorPair[],
): Pick<GeneratorPair, 'caller' | 'callee'> {
  const [first = own] = pairs;
  const here = pairs.find(({ machine }) => machine === undefined) ?? own;
  return { caller: here.caller, callee: first.callee };
}

function placed(
  { host, cpus, caller, callee }: PlacedPairSpec,
  siptune: Host,
  others: ReadonlyMap<string, GeneratorMachine>,
) {
  const machine = host === undefined ? undefined : others.get(showSshAddress(host));
  if (host !== undefined && machine === undefined)
    throw new Error(`${showSshAddress(host)} is used before it was opened`);
  const facts = machine?.facts;
  const missing = facts && cpus !== undefined ? cpuList(cpus).filter((cpu) => cpu >= facts.cpus) : [];
  if (machine && missing.length > 0)
    throw new UserError(
      `load.generators: there is no CPU ${missing[0]} on ${machine.host.label}, which has ${facts?.cpus}: correct cpus: ${cpus}, or leave it out`,
    );
  const on = machine?.host ?? siptune;
  const inside = ({ netns, address }: PlacedEndpoint) => ({
    host: netns === undefined ? on : on.inNetns(netns),
    address,
  });
  return {
    ...(machine === undefined ? {} : { machine }),
    ...(cpus === undefined ? {} : { cpus }),
    caller: inside(caller),
    callee: inside(callee),
  };
}

interface PairsOn {
  /** siptune's. */
  readonly machine: Host;
  readonly routerPort: number;
  /** By address. */
  readonly others?: ReadonlyMap<string, GeneratorMachine>;
}

/** Those from FIRST_PORT on that are nobody's. */
function freePorts(taken: readonly number[]): readonly number[] {
  const ports = Array.from({ length: 2 * (MOST_PAIRS + 1) + taken.length }, (_, index) => FIRST_PORT + index);
  return ports.filter((port) => !taken.includes(port));
}

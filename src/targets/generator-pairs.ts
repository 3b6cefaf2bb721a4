// The pairs of calling and answering generators: the target's own and those beside it, each on ports of its own.
import type { GeneratorsSpec, PlacedEndpoint } from '../scenario/scenario.ts';
import type { Host } from './host.ts';
import { PHONE_PORT } from './lab/layout.ts';
import type { GeneratorPair } from './target.ts';

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
  { machine, routerPort }: { readonly machine: Host; readonly routerPort: number },
): readonly GeneratorPair[] {
  const inside = ({ netns, address }: PlacedEndpoint) => ({
    host: netns === undefined ? machine : machine.inNetns(netns),
    address,
  });
  const places =
    typeof generators === 'object'
      ? generators.map(({ caller, callee }) => ({ caller: inside(caller), callee: inside(callee) }))
      : [own];
  const ports = freePorts([routerPort, PHONE_PORT, own.caller.port, own.callee.port]);
  // One more, for a base rate.
  return Array.from({ length: MOST_PAIRS + 1 }, (_, index) => {
    const { caller, callee } = places[index % places.length] ?? own;
    const [callerPort = 0, calleePort = 0] =
      index === 0 ? [own.caller.port, own.callee.port] : ports.slice(2 * index - 2, 2 * index);
    return { caller: { ...caller, port: callerPort }, callee: { ...callee, port: calleePort } };
  });
}

/** Those from FIRST_PORT on that are nobody's. */
function freePorts(taken: readonly number[]): readonly number[] {
  const ports = Array.from({ length: 2 * (MOST_PAIRS + 1) + taken.length }, (_, index) => FIRST_PORT + index);
  return ports.filter((port) => !taken.includes(port));
}

// The lab's links: a veth pair on each side of the router, and routes to the router's own address only.
import { cpuList } from '../cpu-list.ts';
import type { Host } from '../host.ts';
import { LAB, LAB_NAMESPACES } from './layout.ts';
import { must } from './must.ts';
import { type CpuSplit, cpuMask } from './split-cpus.ts';

/** One side of the lab: the generator's end and the router's end of a link. */
export interface Side {
  readonly netns: string;
  readonly address: string;
  readonly routerDevice: string;
  readonly routerSideAddress: string;
}

export const SIDES: readonly Side[] = [
  {
    netns: LAB.callerNetns,
    address: LAB.callerAddress,
    routerDevice: LAB.routerToCaller,
    routerSideAddress: LAB.routerCallerSideAddress,
  },
  {
    netns: LAB.calleeNetns,
    address: LAB.calleeAddress,
    routerDevice: LAB.routerToCallee,
    routerSideAddress: LAB.routerCalleeSideAddress,
  },
];

/** Of some 28,000 ports that a kernel hands out. */
const MOST_TIME_WAIT = 1024;

/** The namespaces exist and are empty. */
export async function buildNetwork(machine: Host, cpus: CpuSplit): Promise<void> {
  for (const name of LAB_NAMESPACES) await must(machine.inNetns(name), ['ip', 'link', 'set', 'lo', 'up']);
  const router = machine.inNetns(LAB.routerNetns);
  await must(router, ['ip', 'addr', 'add', `${LAB.routerAddress}/32`, 'dev', 'lo']);
  for (const side of SIDES) await joinSide(machine, side);
  // A closed connection keeps its port for a minute (TIME_WAIT): a load with one for each call would run out of them.
  const caller = machine.inNetns(LAB.callerNetns);
  await caller.writeFile('/proc/sys/net/ipv4/tcp_max_tw_buckets', `${MOST_TIME_WAIT}\n`);
  for (const { host, path, mask } of steering(machine, cpus)) await host.writeFile(path, `${mask}\n`);
}

async function joinSide(machine: Host, side: Side): Promise<void> {
  const generator = machine.inNetns(side.netns);
  const router = machine.inNetns(LAB.routerNetns);
  // Both ends are born in their namespaces: neither is ever seen in the machine's own.
  await must(machine, [
    ...['ip', 'link', 'add', LAB.toRouter, 'netns', side.netns, 'type', 'veth'],
    ...['peer', 'name', side.routerDevice, 'netns', LAB.routerNetns],
  ]);
  for (const [host, device, address] of [
    [generator, LAB.toRouter, side.address],
    [router, side.routerDevice, side.routerSideAddress],
  ] as const) {
    await must(host, ['ip', 'addr', 'add', `${address}/${LAB.prefixLength}`, 'dev', device]);
    await must(host, ['ip', 'link', 'set', device, 'up']);
  }
  await must(generator, ['ip', 'route', 'add', `${LAB.routerAddress}/32`, 'via', side.routerSideAddress]);
}

/**
 * Receive packet steering: what arrives at the router is processed on the router's cores, what arrives at a generator
 * on the generators'. Without it a veth packet is processed on the core that sent it, and netdev_max_backlog is inert.
 */
export function steering(
  machine: Host,
  { routerCpus, loadCpus }: CpuSplit,
): readonly { readonly host: Host; readonly path: string; readonly mask: string }[] {
  const end = (netns: string, device: string, cpus: string) => ({
    host: machine.inNetns(netns),
    path: `/sys/class/net/${device}/queues/rx-0/rps_cpus`,
    mask: cpuMask(cpuList(cpus)),
  });
  return SIDES.flatMap((side) => [
    end(LAB.routerNetns, side.routerDevice, routerCpus),
    end(side.netns, LAB.toRouter, loadCpus),
  ]);
}

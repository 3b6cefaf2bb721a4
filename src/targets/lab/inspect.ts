// What of the lab is there: a lab counts as up only when nothing of it is missing.
import { EXIT, UserError } from '../../errors.ts';
import { howToGet } from '../debian-package.ts';
import type { Host } from '../host.ts';
import { readTargetFacts } from '../target-facts.ts';
import { LAB, LAB_NAMESPACES } from './layout.ts';
import { SIDES, steering } from './network.ts';
import { type CpuSplit, splitCpus } from './split-cpus.ts';

export async function presentNamespaces(machine: Host): Promise<readonly string[]> {
  const listed = await machine.run(['ip', 'netns', 'list']);
  // Without an answer nothing is known: it must not read as "none".
  if (listed.notFound)
    throw new UserError(`ip is not on ${machine.label}: ${howToGet('ip')}, or put it on PATH`, EXIT.unsafe);
  const names = listed.stdout.split('\n').map((line) => line.split(' ')[0]);
  return LAB_NAMESPACES.filter((name) => names.includes(name));
}

export async function inspect(
  machine: Host,
  present: readonly string[],
): Promise<{ readonly cpus: CpuSplit; readonly missing: readonly string[] }> {
  const cpus = splitCpus((await readTargetFacts(machine)).cpus);
  const missing = LAB_NAMESPACES.filter((name) => !present.includes(name)).map((name) => `namespace ${name}`);
  if (missing.length > 0) return { cpus, missing };
  return { cpus, missing: [...(await missingLinks(machine)), ...(await missingSteering(machine, cpus))] };
}

async function missingLinks(machine: Host): Promise<readonly string[]> {
  const ofRouter = await addresses(machine.inNetns(LAB.routerNetns));
  const ofSides = await Promise.all(
    SIDES.map(async (side) => {
      const host = machine.inNetns(side.netns);
      const route = await host.run(['ip', 'route', 'show', LAB.routerAddress]);
      return [
        ...lacking(await addresses(host), side.netns, [[LAB.toRouter, side.address]]),
        ...(route.stdout.includes(`via ${side.routerSideAddress}`) ? [] : [`route of ${side.netns}`]),
      ];
    }),
  );
  const wanted = [
    ['lo', LAB.routerAddress] as const,
    ...SIDES.map((side) => [side.routerDevice, side.routerSideAddress] as const),
  ];
  return [...lacking(ofRouter, LAB.routerNetns, wanted), ...ofSides.flat()];
}

function lacking(
  found: readonly string[],
  netns: string,
  wanted: readonly (readonly [string, string])[],
): readonly string[] {
  return wanted
    .filter(([device, address]) => !found.includes(`${device} ${address}`))
    .map(([device, address]) => `address ${address} on ${device} in ${netns}`);
}

/** "device address" of every device that is up. */
async function addresses(host: Host): Promise<readonly string[]> {
  const shown = await host.run(['ip', '-4', '-o', 'addr', 'show', 'up']);
  return [...shown.stdout.matchAll(/^\d+:\s+(\S+)\s+inet ([\d.]+)\//gm)].map(
    ([, device, address]) => `${device} ${address}`,
  );
}

async function missingSteering(machine: Host, cpus: CpuSplit): Promise<readonly string[]> {
  const ends = await Promise.all(
    steering(machine, cpus).map(async ({ host, path, mask }) => {
      const text = (await host.readFiles([path])).get(path) ?? '';
      return sameMask(text, mask) ? null : `${path} = ${mask} in ${host.netns}`;
    }),
  );
  return ends.filter((end) => end !== null);
}

/** The kernel prints as many digits as it has CPUs. */
function sameMask(one: string, other: string): boolean {
  const digits = (mask: string) => mask.trim().replace(/,/g, '').replace(/^0+/, '');
  return digits(one) === digits(other);
}

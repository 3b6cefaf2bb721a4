// Which devices the calls go through, as the kernel routes them: the scenario's device may not be one of them.
import type { DeviceFacts, SeenDevices } from '../knobs/liveness.ts';
import { readDeviceFacts } from './device-facts.ts';
import type { Host } from './host.ts';
import type { Endpoint, Target } from './target.ts';

export type CallPath = Pick<
  Target,
  'routerHost' | 'routerAddress' | 'caller' | 'callee' | 'pairs' | 'devices' | 'sharesKernel'
>;

interface Way {
  readonly from: Host;
  readonly source: string;
  readonly to: string;
}

/** Where a route cannot be read, only the scenario's devices are known, and which of them the calls leave by is not. */
export async function readCallDevices(path: CallPath): Promise<SeenDevices> {
  const { routerHost, routerAddress, devices } = path;
  const named = await readDeviceFacts(routerHost, devices);
  const egress = named.find(({ name }) => name === devices[0]) ?? null;
  const outward = await devicesOf(
    endsOf(path).map(({ address }) => ({ from: routerHost, source: routerAddress, to: address })),
  );
  if (outward === null) return { egress, onPath: named, leavesBy: null };
  // The router receives by the devices that it answers by; what comes to the generators takes the backlog of the same kernel.
  const inward = await devicesOf(
    generatorsOnTarget(path).map(({ host, address }) => ({
      from: host,
      source: address,
      to: routerAddress,
    })),
  );
  const leavesBy = [...new Set(outward.map(({ device }) => device))];
  const onPath = await Promise.all(
    unique([...outward, ...(inward ?? [])], ({ host, device }) => `${host.label} ${device}`).map(
      async ({ host, device }): Promise<readonly DeviceFacts[]> =>
        host === routerHost && devices.includes(device)
          ? named.filter(({ name }) => name === device)
          : readDeviceFacts(host, [device]),
    ),
  );
  return { egress, onPath: onPath.flat(), leavesBy };
}

function endsOf({ caller, callee, pairs = [] }: CallPath): readonly Endpoint[] {
  const all = [caller, callee, ...pairs.flatMap((pair) => [pair.caller, pair.callee])];
  return unique(all, ({ host, address }) => `${host.label} ${address}`);
}

function generatorsOnTarget(path: CallPath): readonly Endpoint[] {
  const { caller, callee, pairs = [], sharesKernel } = path;
  const own = sharesKernel ? [caller, callee] : [];
  const others = pairs
    .filter(({ machine }) => (machine === undefined ? sharesKernel : machine.kernel === 'target'))
    .flatMap((pair) => [pair.caller, pair.callee]);
  return unique([...own, ...others], ({ host, address }) => `${host.label} ${address}`);
}

/** null when one of the routes cannot be read. */
async function devicesOf(
  ways: readonly Way[],
): Promise<readonly { readonly host: Host; readonly device: string }[] | null> {
  const found = await Promise.all(
    ways.map(async ({ from, source, to }) => {
      const device = await routeDevice(from, source, to);
      return device === null ? null : { host: from, device };
    }),
  );
  const known = found.filter((one) => one !== null);
  return known.length === found.length ? known : null;
}

async function routeDevice(host: Host, source: string, to: string): Promise<string | null> {
  const { exitCode, stdout } = await host.run(['ip', '-j', 'route', 'get', to, 'from', source]);
  if (exitCode !== 0) return null;
  try {
    const rows: unknown = JSON.parse(stdout);
    const device = Array.isArray(rows) ? (rows[0] as { dev?: unknown } | undefined)?.dev : undefined;
    return typeof device === 'string' ? device : null;
  } catch {
    return null;
  }
}

function unique<T>(all: readonly T[], key: (one: T) => string): readonly T[] {
  return [...new Map(all.map((one) => [key(one), one])).values()];
}

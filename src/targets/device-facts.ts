// What kind of device the router receives and sends on, and how its namespace is set, as far as knobs depend on it.
import { sysctlPath } from '../knobs/access.ts';
import type { DeviceFacts } from '../knobs/liveness.ts';
import type { Host } from './host.ts';

/** Where clsact and ingress hang: nothing is sent from there. */
const INGRESS = 'ffff:';

/** Facts of each device in the router's namespace; unknown devices are left out. */
export async function readDeviceFacts(
  host: Host,
  devices: readonly string[],
): Promise<readonly DeviceFacts[]> {
  const facts = await Promise.all(devices.map((device) => readOne(host, device)));
  return facts.filter((device) => device !== null);
}

async function readOne(host: Host, device: string): Promise<DeviceFacts | null> {
  const [links, qdiscs] = await Promise.all([
    rowsOf(host, ['ip', '-d', '-j', 'link', 'show', 'dev', device]),
    rowsOf(host, ['tc', '-j', 'qdisc', 'show', 'dev', device]),
  ]);
  const link = links[0];
  if (link === undefined) return null;
  const info = link.linkinfo as { info_kind?: string } | undefined;
  const root = qdiscs.find((qdisc) => qdisc.root === true);
  return {
    name: device,
    rootQdisc: typeof root?.kind === 'string' ? root.kind : null,
    leafQdiscs: qdiscs.flatMap(({ kind, parent }) =>
      typeof kind === 'string' && typeof parent === 'string' && !parent.startsWith(INGRESS) ? [kind] : [],
    ),
    kind: link.link_type === 'loopback' ? 'lo' : (info?.info_kind ?? 'physical'),
    rps: await steersReceiving(host, device, Number(link.num_rx_queues ?? 1)),
  };
}

/** Each receive queue has a mask of its own; the device may use fewer queues than it was made with. */
async function steersReceiving(host: Host, device: string, queues: number): Promise<boolean> {
  const paths = Array.from(
    { length: queues },
    (_, queue) => `/sys/class/net/${device}/queues/rx-${queue}/rps_cpus`,
  );
  const masks = await host.readFiles(paths);
  return [...masks.values()].some((mask) => mask !== null && /[1-9a-f]/i.test(mask));
}

async function rowsOf(
  host: Host,
  argv: readonly string[],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const result = await host.run(argv);
  if (result.exitCode !== 0) return [];
  try {
    const rows: unknown = JSON.parse(result.stdout);
    return Array.isArray(rows) ? rows : [];
  } catch {
    return [];
  }
}

/** tcp_syncookies in the host's namespace: 1 (when a queue is full) and 2 (always) both are true; null where nobody can tell. */
export async function readSynCookies(host: Host): Promise<boolean | null> {
  const path = sysctlPath('net.ipv4.tcp_syncookies');
  const text = (await host.readFiles([path])).get(path) ?? null;
  return text === null ? null : text.trim() !== '0';
}

// What kind of device the router receives and sends on, and how its namespace is set, as far as knobs depend on it.
import { sysctlPath } from '../knobs/access.ts';
import type { DeviceFacts } from '../knobs/liveness.ts';
import type { Host } from './host.ts';

/** Facts of each device in the router's namespace; unknown devices are left out. */
export async function readDeviceFacts(
  host: Host,
  devices: readonly string[],
): Promise<readonly DeviceFacts[]> {
  const facts = await Promise.all(devices.map((device) => readOne(host, device)));
  return facts.filter((device) => device !== null);
}

async function readOne(host: Host, device: string): Promise<DeviceFacts | null> {
  const [link, qdisc] = await Promise.all([
    firstRow(host, ['ip', '-d', '-j', 'link', 'show', 'dev', device]),
    firstRow(host, ['tc', '-j', 'qdisc', 'show', 'dev', device, 'root']),
  ]);
  if (link === null) return null;
  const rpsPath = `/sys/class/net/${device}/queues/rx-0/rps_cpus`;
  const mask = (await host.readFiles([rpsPath])).get(rpsPath) ?? '';
  const info = link.linkinfo as { info_kind?: string } | undefined;
  return {
    name: device,
    rootQdisc: typeof qdisc?.kind === 'string' ? qdisc.kind : null,
    kind: link.link_type === 'loopback' ? 'lo' : (info?.info_kind ?? 'physical'),
    rps: /[1-9a-f]/i.test(mask),
  };
}

async function firstRow(
  host: Host,
  argv: readonly string[],
): Promise<Readonly<Record<string, unknown>> | null> {
  const result = await host.run(argv);
  if (result.exitCode !== 0) return null;
  try {
    const rows: unknown = JSON.parse(result.stdout);
    return Array.isArray(rows) && rows.length > 0 ? rows[0] : null;
  } catch {
    return null;
  }
}

/** tcp_syncookies in the host's namespace: 1 (when a queue is full) and 2 (always) both are true; null where nobody can tell. */
export async function readSynCookies(host: Host): Promise<boolean | null> {
  const path = sysctlPath('net.ipv4.tcp_syncookies');
  const text = (await host.readFiles([path])).get(path) ?? null;
  return text === null ? null : text.trim() !== '0';
}

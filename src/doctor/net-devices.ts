// The network devices of a namespace: kind, driver, link, queue. Where a tool is missing, /proc and /sys tell the rest.
import type { Host } from '../targets/host.ts';
import { type Link, parseEthtoolJson, parseEthtoolText, parseRings, type Rings } from './ethtool.ts';

export interface NetDevice extends Link {
  readonly name: string;
  readonly up: boolean;
  /** The kernel's kind of link ("veth", "ifb", "bond"); "physical" for a device with a driver, "lo" for loopback. */
  readonly kind: string;
  readonly driver: string | null;
  /** A driver for a device that another machine makes up: its speed means nothing. */
  readonly virtual: boolean;
  readonly rootQdisc: string | null;
  readonly txqueuelen: number | null;
  readonly rings: Rings | null;
}

type Row = Readonly<Record<string, unknown>>;

const VIRTUAL_DRIVERS = /^(virtio|vmxnet|xen|ena$|gve$|hv_netvsc|netvsc)/;

/** Every device but loopback; link and rings only of those that are up and have a driver. */
export async function readNetDevices(host: Host): Promise<readonly NetDevice[]> {
  const [shown, queues] = await Promise.all([
    rowsOf(host, ['ip', '-d', '-j', 'link', 'show']),
    rowsOf(host, ['tc', '-j', 'qdisc', 'show']),
  ]);
  const links = shown ?? (await namesInProc(host)).map((ifname): Row => ({ ifname }));
  const devices = await Promise.all(links.map((link) => readOne(host, link, queues ?? [])));
  return devices.filter(({ kind }) => kind !== 'lo');
}

async function readOne(host: Host, link: Row, queues: readonly Row[]): Promise<NetDevice> {
  const name = String(link.ifname);
  const sys = (file: string) => `/sys/class/net/${name}/${file}`;
  const files = await host.readFiles(
    ['device/uevent', 'speed', 'duplex', 'operstate', 'tx_queue_len', 'type'].map(sys),
  );
  const text = (file: string) => files.get(sys(file))?.trim() ?? null;
  const driver = /^DRIVER=(\S+)$/m.exec(text('device/uevent') ?? '')?.[1] ?? null;
  const flags = Array.isArray(link.flags) ? link.flags : null;
  const up = flags ? flags.includes('UP') && flags.includes('LOWER_UP') : text('operstate') === 'up';
  const info = link.linkinfo as { info_kind?: string } | undefined;
  const loopback = link.link_type === 'loopback' || name === 'lo';
  const wired = up && driver !== null;
  const [fromEthtool, rings] = wired
    ? await Promise.all([readLink(host, name), readRings(host, name)])
    : [null, null];
  const root = queues.find((row) => row.dev === name && row.root === true);
  return {
    name,
    up,
    kind: loopback ? 'lo' : (info?.info_kind ?? 'physical'),
    driver,
    virtual: driver !== null && VIRTUAL_DRIVERS.test(driver),
    rootQdisc: typeof root?.kind === 'string' ? root.kind : null,
    txqueuelen: numberOrNull(text('tx_queue_len')),
    rings,
    speedMbps: fromEthtool?.speedMbps ?? speedOrNull(text('speed')),
    duplex: fromEthtool?.duplex ?? duplexOrNull(text('duplex')),
    autoneg: fromEthtool?.autoneg ?? null,
  };
}

/** JSON since ethtool 6.10; older ones (Debian 12 has 6.1) print text. */
async function readLink(host: Host, name: string): Promise<Link | null> {
  const json = await host.run(['ethtool', '--json', name]);
  if (json.notFound) return null;
  const parsed = json.exitCode === 0 ? parseEthtoolJson(json.stdout) : null;
  return parsed ?? parseEthtoolText((await host.run(['ethtool', name])).stdout);
}

async function readRings(host: Host, name: string): Promise<Rings | null> {
  const shown = await host.run(['ethtool', '-g', name]);
  return shown.exitCode === 0 ? parseRings(shown.stdout) : null;
}

async function rowsOf(host: Host, argv: readonly string[]): Promise<readonly Row[] | null> {
  const result = await host.run(argv);
  if (result.exitCode !== 0) return null;
  try {
    const rows: unknown = JSON.parse(result.stdout);
    // tc(8) prints an empty object for a class of rows that it does not know.
    return Array.isArray(rows) ? rows.filter((row) => typeof row?.ifname === 'string' || row?.dev) : null;
  } catch {
    return null;
  }
}

async function namesInProc(host: Host): Promise<readonly string[]> {
  const text = (await host.readFiles(['/proc/net/dev'])).get('/proc/net/dev') ?? '';
  return [...text.matchAll(/^\s*([^\s:|]+):/gm)].map(([, name = '']) => name);
}

function numberOrNull(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

/** The kernel says -1 for unknown. */
function speedOrNull(text: string | null): number | null {
  const speed = numberOrNull(text);
  return speed === null || speed === 0 ? null : speed;
}

function duplexOrNull(text: string | null): Link['duplex'] {
  return text === 'half' || text === 'full' ? text : null;
}

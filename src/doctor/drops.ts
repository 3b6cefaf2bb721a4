// What was dropped, where, and whether it still goes on: two looks at the kernel's counters.
import { increase, increase32 } from '../meters/counters.ts';
import { type DeviceQueue, parseQdiscs } from '../meters/qdisc.ts';
import { parseSnmpUdp } from '../meters/snmp.ts';
import { parseSoftnet } from '../meters/softnet.ts';
import { parseProcNetUdp, UDP_SOCKET_PATHS } from '../meters/udp-sockets.ts';
import { count } from '../report/numbers.ts';
import type { Host } from '../targets/host.ts';
import type { Check } from './check.ts';
import { note, ok, type Remark, warning } from './finding.ts';
import type { View } from './view.ts';

const WATCH_MS = 2_000;
const SOFTNET = '/proc/net/softnet_stat';
const SNMP = '/proc/net/snmp';
const STAT = '/proc/stat';
/** Time that the host of a virtual machine gave to others, as a share, from which on trials are spoilt. */
const MUCH_STEAL = 0.02;

/** A counter: since boot (or since its owner was made), and how it is to be understood. */
interface Counter {
  readonly what: string;
  readonly value: number;
  /** 32 bits wide. */
  readonly wraps: boolean;
  readonly advice: string;
  /** Worth a warning while it grows; the others are only mentioned. */
  readonly loses: boolean;
}

export const drops: Check = {
  area: 'drops',
  async examine(view) {
    const place = await view.place();
    const names = (await view.devices()).map(({ name }) => name);
    const before = await look(view, place, names);
    const startMs = view.clock.nowMs();
    await view.clock.sleep(WATCH_MS);
    const after = await look(view, place, names);
    const seconds = Math.max(0.001, (view.clock.nowMs() - startMs) / 1000);
    return [
      ...after.counters.map((counter) => {
        const first = before.counters.find(({ what }) => what === counter.what)?.value ?? counter.value;
        const grown = (counter.wraps ? increase32 : increase)(first, counter.value);
        return counterRemark(counter, grown / seconds);
      }),
      ...after.unknown.map((what) => note(what, 'cannot be read')),
      ...stealRemarks(before.stat, after.stat),
    ];
  },
};

function counterRemark({ what, value, advice, loses }: Counter, perSecond: number): Remark {
  if (value === 0) return ok(what, 'none');
  const seen = `${count(value)} so far, ${perSecond === 0 ? 'none now' : `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} a second now`}`;
  return perSecond > 0 && loses ? warning(what, seen, advice) : note(what, seen, advice);
}

async function look(view: View, place: Host, devices: readonly string[]) {
  const [machineFiles, placeFiles, queues] = await Promise.all([
    view.machine.readFiles([SOFTNET, STAT]),
    place.readFiles([SNMP, ...UDP_SOCKET_PATHS]),
    readQueues(place, devices),
  ]);
  const softnet = machineFiles.get(SOFTNET);
  const udp = parseSnmpUdp(placeFiles.get(SNMP) ?? '');
  const sockets = UDP_SOCKET_PATHS.flatMap((path) =>
    parseProcNetUdp(placeFiles.get(path) ?? '', [view.port()]),
  );
  const counters: Counter[] = [];
  const add = (what: string, value: number, advice: string, more: Partial<Counter> = {}) =>
    counters.push({ what, value, advice, wraps: false, loses: true, ...more });
  if (typeof softnet === 'string') {
    const cpus = parseSoftnet(softnet);
    const sum = (name: 'dropped' | 'timeSqueeze') => cpus.reduce((total, cpu) => total + cpu[name], 0);
    add('softnet drops', sum('dropped'), 'net.core.netdev_max_backlog is full: one CPU receives too much', {
      wraps: true,
    });
    add(
      'softnet time squeezes',
      sum('timeSqueeze'),
      'net.core.netdev_budget ran out; packets wait, none is lost',
      {
        wraps: true,
        loses: false,
      },
    );
  }
  if (udp !== null) {
    add(
      'UDP receive buffers full',
      udp.rcvbufErrors ?? 0,
      'sockets of this namespace overflowed; whose, the router’s area says',
    );
    add('UDP send buffers full', udp.sndbufErrors ?? 0, 'wmem_default or the device’s queue is too short');
  }
  if (sockets.length > 0)
    add(
      `drops at UDP port ${view.port()}`,
      sockets.reduce((total, { drops: dropped }) => total + dropped, 0),
      'messages came while the router’s receive buffer was full',
    );
  for (const { device, kind, drops: dropped } of queues ?? [])
    add(`queue of ${device} (${kind})`, dropped, 'more is sent than the link takes');
  const unknown = [
    ...(typeof softnet === 'string' ? [] : ['softnet drops']),
    ...(udp === null ? ['UDP counters'] : []),
    ...(queues === null ? ['queue drops (tc is missing)'] : []),
  ];
  return { counters, unknown, stat: machineFiles.get(STAT) ?? '' };
}

async function readQueues(place: Host, devices: readonly string[]): Promise<readonly DeviceQueue[] | null> {
  const shown = await place.run(['tc', '-s', '-j', 'qdisc', 'show']);
  if (shown.exitCode !== 0) return null;
  try {
    return parseQdiscs(shown.stdout, devices).filter(({ kind }) => kind !== 'noqueue');
  } catch {
    return null;
  }
}

/** Columns of "cpu": user nice system idle iowait irq softirq steal. */
function stealRemarks(before: string, after: string): readonly Remark[] {
  const ticks = (text: string) => (/^cpu\s+(.+)$/m.exec(text)?.[1] ?? '').split(' ').slice(0, 8).map(Number);
  const [from, to] = [ticks(before), ticks(after)];
  const grown = to.map((value, index) => value - (from[index] ?? 0));
  const total = grown.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return [];
  const share = (grown[7] ?? 0) / total;
  return share > MUCH_STEAL
    ? [
        warning(
          'CPU time stolen',
          `${(share * 100).toFixed(0)} % by other guests of this host`,
          'trials in such moments are thrown out: a campaign takes longer, or ends without a proof',
        ),
      ]
    : [ok('CPU time stolen', 'none')];
}

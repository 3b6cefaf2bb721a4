// "Linux Tuning For SIP Routers" is what many operators have open beside this. Where it is wrong or out of date for what is
// seen on this machine, it is said in one sentence each.
import { bytes, count } from '../report/numbers.ts';
import type { Check } from './check.ts';
import { note } from './finding.ts';
import { readSysctlFiles } from './sysctl-files.ts';
import type { View } from './view.ts';

interface Seen {
  /** A sysctl's value, its blanks normalised; undefined where the kernel has none of that name. */
  sysctl(key: string): string | undefined;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly routers: Awaited<ReturnType<View['routers']>>;
  readonly devices: Awaited<ReturnType<View['devices']>>;
  /** What sysctl files set, by key. */
  readonly persistent: ReadonlyMap<string, { readonly path: string }>;
  readonly hasRcLocal: boolean;
  readonly hasIfcfg: boolean;
}

interface Mistake {
  /** What the article speaks of. */
  readonly what: string;
  /** The sentence, or null where it does not apply to what is seen. */
  readonly applies: (seen: Seen) => string | null;
}

const KEYS = [
  'net.core.rmem_max',
  'net.ipv4.tcp_sack',
  'net.ipv4.tcp_timestamps',
  'net.ipv4.udp_rmem',
  'net.ipv4.udp_mem',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
  'fs.file-max',
  'kernel.shmmax',
] as const;
const RC_LOCAL = '/etc/rc.local';
const IFCFG = '/etc/sysconfig/network';
/** What it advises. */
const ARTICLE = { backlog: 300_000, fileMax: 65_536 } as const;
/** What one packet in the backlog takes (skb truesize of a full frame). */
const PACKET_BYTES = 2_304;

const MISTAKES: readonly Mistake[] = [
  {
    what: 'SO_RCVBUF',
    applies: ({ routers, sysctl }) => {
      const rmemMax = Number(sysctl('net.core.rmem_max'));
      const large = routers
        .flatMap(({ sockets }) => sockets)
        .find(({ rcvbufBytes }) => rcvbufBytes > rmemMax);
      return large
        ? `it says the doubled buffer stays below rmem_max; the cap comes before the doubling, as ${large.local} shows: ${bytes(large.rcvbufBytes)} with rmem_max ${bytes(rmemMax)}`
        : null;
    },
  },
  {
    what: 'netdev_max_backlog',
    applies: ({ cpus, memoryMib }) =>
      cpus === 0
        ? null
        : `its ${count(ARTICLE.backlog)} packets can hold ${bytes(Math.round((ARTICLE.backlog * PACKET_BYTES) / 1024 ** 2) * 1024 ** 2)} on each of ${cpus} CPUs (of ${count(memoryMib)} MiB), all of them out of date when they are read`,
  },
  {
    what: 'udp_rmem, udp_wmem',
    applies: ({ sysctl, persistent }) => {
      if (sysctl('net.ipv4.udp_rmem') !== undefined) return null;
      const set = ['net.ipv4.udp_rmem', 'net.ipv4.udp_wmem'].find((key) => persistent.has(key));
      const where = set === undefined ? '' : ` (${persistent.get(set)?.path} sets one all the same)`;
      return `no kernel has these${where}; udp_mem and udp_rmem_min exist, and buffers are rmem_default and rmem_max`;
    },
  },
  {
    what: 'tcp_rmem',
    applies: ({ persistent }) =>
      persistent.has('net.ipv4.tcp_rmem') && !persistent.has('net.ipv4.tcp_wmem')
        ? `it writes tcp_rmem twice and never tcp_wmem, and so does ${persistent.get('net.ipv4.tcp_rmem')?.path}`
        : null,
  },
  {
    what: 'tcp_sack',
    applies: ({ sysctl }) =>
      sysctl('net.ipv4.tcp_sack') === '1' ? 'it calls 1 "disable"; 1, as here, is enabled' : null,
  },
  {
    what: 'tcp_timestamps',
    applies: ({ sysctl, persistent }) => {
      const now = sysctl('net.ipv4.tcp_timestamps');
      if (now === undefined) return null;
      return now === '0' || persistent.has('net.ipv4.tcp_timestamps')
        ? 'it turns them off by "RFC 1321", which is MD5; they are RFC 7323, and without them tcp_tw_reuse does nothing'
        : null;
    },
  },
  {
    what: 'fs.file-max',
    applies: ({ sysctl }) => {
      const now = Number(sysctl('fs.file-max'));
      return now > ARTICLE.fileMax
        ? `its ${count(ARTICLE.fileMax)} would lower what is here, ${now > 2 ** 53 ? 'no limit' : count(now)}`
        : null;
    },
  },
  {
    what: 'kernel.shmmax',
    applies: ({ sysctl, routers }) => {
      const now = sysctl('kernel.shmmax');
      if (now === undefined) return null;
      const mmap = routers.some(({ facts }) => facts.state === 'done' && facts.value.shmMmap);
      if (mmap) return 'a router built with SHM_MMAP, as here, never looks at it';
      return 'it says that more than SHMMAX is spread over several segments; the one shmget of a router simply fails';
    },
  },
  {
    what: 'ipcs',
    applies: ({ sysctl }) =>
      Number(sysctl('kernel.shmmax')) > 2 ** 62
        ? 'its numbers are from before the defaults became practically unlimited, as they are here: there is nothing to raise'
        : null,
  },
  {
    what: 'oom_adj',
    applies: ({ routers }) =>
      routers.some(({ pid }) => pid !== undefined)
        ? 'its command lacks the ">", and the file is obsolete: write -1000 to 1000 into /proc/PID/oom_score_adj'
        : null,
  },
  {
    what: 'ethtool -g',
    applies: ({ devices }) =>
      devices.some(({ rings }) => rings !== null) ? '-g only shows the rings; -G sets them' : null,
  },
  {
    what: 'OpenSIPS 2.x',
    applies: ({ routers }) =>
      routers.some(({ kind }) => kind === 'opensips')
        ? 'it is called multi-threaded; it is still made of processes, so each has private memory (-M) of its own'
        : null,
  },
  {
    what: 'rc.local, ifcfg',
    applies: ({ hasRcLocal, hasIfcfg }) =>
      hasRcLocal || hasIfcfg
        ? null
        : 'this machine has neither: /etc/sysctl.d, systemd .link files and LimitNOFILE= are what lasts today',
  },
];

export const article: Check = {
  area: 'article',
  async examine(view) {
    const seen = await look(view);
    return MISTAKES.flatMap(({ what, applies }) => {
      const sentence = applies(seen);
      return sentence === null ? [] : [note(what, sentence)];
    });
  },
};

async function look(view: View): Promise<Seen> {
  const path = (key: string) => `/proc/sys/${key.replaceAll('.', '/')}`;
  const [facts, files, persistent] = [
    await view.facts(),
    await view.machine.readFiles([...KEYS.map(path), RC_LOCAL, IFCFG]),
    await readSysctlFiles(view.machine),
  ];
  return {
    sysctl: (key) => files.get(path(key))?.trim().replace(/\s+/g, ' '),
    cpus: facts.state === 'done' ? facts.value.cpus : 0,
    memoryMib: facts.state === 'done' ? facts.value.memoryMib : 0,
    routers: await view.routers(),
    devices: await view.devices(),
    persistent: persistent.settings,
    hasRcLocal: typeof files.get(RC_LOCAL) === 'string',
    hasIfcfg: typeof files.get(IFCFG) === 'string',
  };
}

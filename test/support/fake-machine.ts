// A healthy machine with Kamailio on it, as tables for a fake host; tests change a line of them.
import type { FakeHostTables } from './fake-host.ts';
import { fixture } from './fixture.ts';

export const HEALTHY: FakeHostTables = {
  commands: {
    'getconf CLK_TCK': '100\n',
    'getconf PAGESIZE': '4096\n',
    'uname -r': '6.1.0-44-amd64\n',
    'uname -n': 'sip1\n',
    'ip -d -j link show': fixture('doctor/ip-link.json'),
    'ip -d -j link show dev eth0': JSON.stringify([{ ifname: 'eth0', link_type: 'ether' }]),
    'tc -j qdisc show': fixture('doctor/tc-qdisc.json'),
    'tc -s -j qdisc show': fixture('doctor/tc-qdisc.json'),
    'tc -j qdisc show dev eth0': JSON.stringify([{ kind: 'pfifo_fast', dev: 'eth0', root: true }]),
    'ethtool --json eth0': fixture('doctor/ethtool-6.11.composed.json'),
    'ethtool -g eth0': fixture('doctor/ethtool-6.1-rings.txt'),
    'kamailio -v': fixture('routers/kamailio-v.txt'),
    'ps -e -o pid=,ppid=,comm=': '    1     0 systemd\n  300     1 sshd\n',
    'ss -Huanmp': '',
    find: '',
    'modinfo -n pktgen': { exitCode: 1 },
    ...Object.fromEntries(
      ['sh', 'sipp', 'taskset', 'netperf', 'setpriv', 'unshare', 'kill', 'mpstat', 'netserver'].map(
        (tool) => [tool, ''],
      ),
    ),
  },
  files: {
    '/proc/self/status': fixture('doctor/proc-status-root.txt'),
    '/proc/cpuinfo': 'processor\t: 0\nmodel name\t: Test CPU\n\nprocessor\t: 1\nmodel name\t: Test CPU\n',
    '/proc/meminfo':
      'MemTotal:       16265200 kB\nMemFree:        14000000 kB\nMemAvailable:   15000000 kB\n',
    '/proc/swaps': 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n',
    '/proc/stat': fixture('doctor/proc-stat.txt'),
    '/proc/net/softnet_stat': `${'00000000 '.repeat(12)}00000000\n${'00000000 '.repeat(12)}00000001\n`,
    '/proc/net/snmp':
      'Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\nUdp: 10 0 0 10 0 0\n',
    '/proc/net/udp': '  sl  local_address rem_address\n',
    '/proc/sys/net/core/rmem_default': '212992\n',
    '/proc/sys/net/core/rmem_max': '212992\n',
    '/proc/sys/net/core/wmem_default': '212992\n',
    '/proc/sys/net/core/wmem_max': '212992\n',
    '/proc/sys/net/core/netdev_max_backlog': '1000\n',
    '/proc/sys/net/ipv4/tcp_max_syn_backlog': '2048\n',
    '/proc/sys/net/ipv4/tcp_syncookies': '1\n',
    '/proc/sys/net/ipv4/udp_mem': '378000\t504000\t756000\n',
    '/proc/sys/net/ipv4/tcp_sack': '1\n',
    '/proc/sys/kernel/shmmax': '18446744073692774399\n',
    '/proc/sys/kernel/shmall': '18446744073692774399\n',
    '/proc/sys/kernel/sem': '32000\t1024000000\t500\t32000\n',
    '/proc/sys/fs/file-nr': '1000\t0\t1600000\n',
    '/proc/sys/fs/file-max': '1600000\n',
    '/proc/sys/fs/nr_open': '1048576\n',
    '/proc/sys/user/max_net_namespaces': '96364\n',
    '/sys/class/net/eth0/device/uevent': 'DRIVER=igb\n',
    '/sys/class/net/eth0/tx_queue_len': '1000\n',
    '/sys/class/net/eth0/speed': '1000\n',
    '/sys/class/net/eth0/duplex': 'full\n',
    '/sys/class/net/eth0/operstate': 'up\n',
  },
};

/** ethtool of Debian 12, which has no JSON of a link, and what it prints instead. */
export function oldEthtool(text: string): FakeHostTables['commands'] {
  return {
    'ethtool --json eth0': { exitCode: 1, stderr: 'ethtool: bad command line argument(s)' },
    'ethtool eth0': text,
  };
}

/** null takes an entry away: a program that is not installed, a file that is not there. */
export function machineWith(changes: {
  readonly commands?: Readonly<Record<string, FakeHostTables['commands'][string] | null>>;
  readonly files?: Readonly<Record<string, FakeHostTables['files'][string] | null>>;
}): FakeHostTables {
  return {
    commands: without({ ...HEALTHY.commands, ...changes.commands }),
    files: without({ ...HEALTHY.files, ...changes.files }),
  };
}

function without<T>(table: Readonly<Record<string, T | null>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(table).filter((entry): entry is [string, T] => entry[1] !== null));
}

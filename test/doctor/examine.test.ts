// What doctor says of machines that are healthy, ill, poor in tools, or seen by a plain user; and that it writes nothing.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Diagnosis, examine } from '../../src/doctor/examine.ts';
import type { Area, Level } from '../../src/doctor/finding.ts';
import { createView } from '../../src/doctor/view.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { LOOK } from '../../src/safety/lease-scripts.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeHost } from '../support/fake-host.ts';
import { HEALTHY, machineWith, oldEthtool } from '../support/fake-machine.ts';
import { fixture } from '../support/fixture.ts';

let results = '';
beforeEach(async () => {
  // The program that a developer's own environment names is not what these tables are about.
  vi.stubEnv('OPENSIPS_BIN', undefined);
  results = await mkdtemp(join(tmpdir(), 'siptune-doctor-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(results, { recursive: true });
});

const diagnose = (tables = HEALTHY): Promise<Diagnosis> =>
  examine(
    createView({
      scenario: null,
      machine: createFakeHost(tables),
      resultsDir: results,
      clock: createFakeClock(),
    }),
  );

const linesOf = ({ findings }: Diagnosis, level: Level, area?: Area) =>
  findings
    .filter((finding) => finding.level === level && (area === undefined || finding.area === area))
    .map(({ what, seen }) => `${what}: ${seen}`);

test('a healthy machine could carry a campaign, and nothing on it is warned of', async () => {
  const diagnosis = await diagnose();
  expect(linesOf(diagnosis, 'warning')).toEqual([]);
  expect(diagnosis).toMatchObject({ couldStart: true, reasons: [], root: true, machine: 'sip1' });
});

describe('missing tools', () => {
  test('each is named with its package; without SIPp no campaign starts', async () => {
    const diagnosis = await diagnose(
      machineWith({
        commands: {
          sipp: null,
          netperf: null,
          mpstat: null,
          'ethtool -g eth0': null,
          'ethtool --json eth0': null,
        },
      }),
    );
    expect(diagnosis.couldStart).toBe(false);
    expect(diagnosis.reasons).toEqual([
      expect.objectContaining({
        area: 'tools',
        what: 'sipp (generators)',
        advice: "install Debian's package sip-tester",
      }),
    ]);
    const notes = diagnosis.findings.filter(({ area, level }) => area === 'tools' && level === 'note');
    expect(notes.map(({ what, advice }) => `${what}: ${advice}`)).toEqual(
      expect.arrayContaining([
        "netperf (generators): install Debian's package netperf (component non-free)",
        "mpstat (target): install Debian's package sysstat",
        "ethtool (target): install Debian's package ethtool",
      ]),
    );
    // Without ethtool the link is what /sys says.
    expect(linesOf(diagnosis, 'ok', 'network')).toContain('eth0: 1,000 Mbit/s, full duplex');
  });

  test('a machine without any tool and without most files is examined to the end', async () => {
    const diagnosis = await diagnose({ commands: {}, files: {} });
    expect(diagnosis.couldStart).toBe(false);
    expect(new Set(diagnosis.findings.map(({ area }) => area))).toEqual(
      new Set([
        'start',
        'machine',
        'network',
        'router',
        'limits',
        'drops',
        'rivals',
        'tools',
        'knobs',
        'article',
      ]),
    );
    // What was not seen is never called fine.
    expect(linesOf(diagnosis, 'ok', 'rivals')).toEqual(['conntrack: not loaded']);
    expect(linesOf(diagnosis, 'ok', 'drops')).toEqual([]);
  });
});

test('a plain user is told what is not seen, and that a campaign needs root', async () => {
  const diagnosis = await diagnose(
    machineWith({
      files: { '/proc/self/status': 'Uid:\t1000\t1000\t1000\t1000\nCpus_allowed:\t3\n' },
      commands: {
        'ps -e -o pid=,ppid=,comm=': '    1     0 systemd\n  700     1 kamailio\n  701   700 kamailio\n',
      },
    }),
  );
  expect(diagnosis).toMatchObject({ couldStart: true, root: false });
  expect(linesOf(diagnosis, 'note', 'start')).toEqual([
    expect.stringContaining('sockets of other users’ processes'),
  ]);
  expect(linesOf(diagnosis, 'note', 'router')).toEqual([
    'kamailio: runs as process 700; its limits cannot be read',
    'kamailio: runs as process 700, and no UDP socket of it is seen here',
  ]);
});

test('a half-duplex link is warned of, with its speed and its negotiation', async () => {
  const diagnosis = await diagnose(
    machineWith({ commands: oldEthtool(fixture('doctor/ethtool-6.1-half-duplex.composed.txt')) }),
  );
  expect(linesOf(diagnosis, 'warning')).toEqual([
    'eth0: half duplex',
    'eth0: 100 Mbit/s',
    'eth0: autonegotiation is off',
  ]);
  expect(diagnosis.couldStart).toBe(true);
});

test('a link of unknown speed is usual for a virtual device, and a warning for a real one', async () => {
  const unknown = { commands: oldEthtool(fixture('doctor/ethtool-6.1-virtio.txt')) };
  const real = await diagnose(machineWith({ ...unknown, files: { '/sys/class/net/eth0/speed': '-1\n' } }));
  expect(linesOf(real, 'warning', 'network')).toContain('eth0: speed unknown');
  const virtual = await diagnose(
    machineWith({
      ...unknown,
      files: {
        '/sys/class/net/eth0/speed': '-1\n',
        '/sys/class/net/eth0/device/uevent': 'DRIVER=virtio_net\n',
      },
    }),
  );
  expect(linesOf(virtual, 'warning', 'network')).toEqual([]);
});

test('tuned is warned of with its profile, irqbalance is mentioned', async () => {
  const diagnosis = await diagnose(
    machineWith({
      commands: { 'ps -e -o pid=,ppid=,comm=': '  1  0 systemd\n 42  1 tuned\n 43  1 irqbalance\n' },
      files: { '/etc/tuned/active_profile': 'network-latency\n' },
    }),
  );
  expect(linesOf(diagnosis, 'warning')).toEqual(['tuned: runs, with profile network-latency']);
  expect(linesOf(diagnosis, 'note', 'rivals')).toEqual(['irqbalance: runs']);
});

test('a sysctl file that says something else than what is in force will fight back', async () => {
  const diagnosis = await diagnose(
    machineWith({
      commands: { find: '/usr/lib/sysctl.d/10-base.conf\n/etc/sysctl.d/60-sip.conf\n' },
      files: {
        '/usr/lib/sysctl.d/10-base.conf': 'net.core.rmem_max = 1000000\nvm.swappiness = 10\n',
        '/etc/sysctl.d/60-sip.conf': '# SIP\nnet.core.rmem_max = 16777216\nnet/core/wmem_default=212992\n',
        '/etc/sysctl.conf': 'net.ipv4.udp_rmem = 1\n',
      },
    }),
  );
  expect(linesOf(diagnosis, 'warning')).toEqual([
    'net.core.rmem_max: 212992 in force, but /etc/sysctl.d/60-sip.conf:2 says 16777216',
  ]);
  expect(linesOf(diagnosis, 'note', 'rivals')).toEqual([
    'net.core.wmem_default: 212992, set by /etc/sysctl.d/60-sip.conf:3',
  ]);
  expect(linesOf(diagnosis, 'note', 'article')).toContainEqual(
    expect.stringContaining('no kernel has these (/etc/sysctl.conf sets one all the same)'),
  );
});

test('a small receive buffer that has dropped is warned of, and the drops that go on', async () => {
  const socket = (drops: number) =>
    `  sl  local_address\n  100: 010012C6:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 ${drops}\n`;
  const diagnosis = await diagnose(
    machineWith({
      commands: {
        'ss -Huanmp':
          'UNCONN 0 0 198.18.0.1:5060 0.0.0.0:* users:(("kamailio",pid=701,fd=5),("kamailio",pid=700,fd=5))\n\t skmem:(r0,rb425984,t0,tb212992,f0,w0,o0,bl0,d40)\n',
      },
      files: {
        // The socket is looked at by two areas, the drops twice.
        '/proc/net/udp': [socket(40), socket(40), socket(60), socket(60)],
        '/proc/700/limits': fixture('doctor/proc-limits.txt'),
        '/proc/700/oom_score_adj': '0\n',
      },
    }),
  );
  expect(linesOf(diagnosis, 'warning', 'router')).toEqual([
    expect.stringMatching(/^kamailio 198\.18\.0\.1:5060: \d+ datagrams dropped at a receive buffer 416 KiB/),
  ]);
  expect(linesOf(diagnosis, 'warning', 'drops')).toEqual([
    expect.stringMatching(/^drops at UDP port 5060: 60 so far, 10 a second now/),
  ]);
  // The kernel doubles after the cap, which the article has the other way round.
  expect(linesOf(diagnosis, 'note', 'article')).toContainEqual(
    expect.stringMatching(/^SO_RCVBUF: .*416 KiB with rmem_max 208 KiB/),
  );
});

test('swap in use, a full conntrack table and a limited address space are warned of', async () => {
  const diagnosis = await diagnose(
    machineWith({
      commands: { 'ps -e -o pid=,ppid=,comm=': '  1  0 systemd\n 700  1 kamailio\n' },
      files: {
        '/proc/swaps': 'Filename Type Size Used Priority\n/dev/sda2 partition 1000000 51200 -2\n',
        '/proc/sys/vm/swappiness': '60\n',
        '/proc/sys/net/netfilter/nf_conntrack_count': '60000\n',
        '/proc/sys/net/netfilter/nf_conntrack_max': '65536\n',
        '/proc/700/limits': fixture('doctor/proc-limits.txt').replace(
          /^(Max address space\s+)unlimited /m,
          '$11073741824',
        ),
      },
    }),
  );
  expect(linesOf(diagnosis, 'warning')).toEqual([
    'swap: 50 MiB in use (vm.swappiness 60)',
    'kamailio: limited: address space 1 GiB',
    'conntrack: loaded, 60,000 of 65,536 entries',
  ]);
});

test('an OpenSIPS without optimisation is warned of', async () => {
  const diagnosis = await diagnose(
    machineWith({
      commands: {
        'kamailio -v': null,
        'opensips -V': fixture('routers/opensips-V.txt').replace(/^flags: /m, 'flags: CC_O0, '),
      },
    }),
  );
  expect(linesOf(diagnosis, 'warning', 'router')).toEqual([
    expect.stringContaining('compiled without optimisation (-O0)'),
  ]);
});

test('without a router there is nothing to tune', async () => {
  const diagnosis = await diagnose(machineWith({ commands: { 'kamailio -v': null } }));
  expect(diagnosis.reasons.map(({ area }) => area)).toEqual(['router']);
});

describe('earlier campaigns', () => {
  const journal = async (id: string, ...events: object[]) => {
    await mkdir(join(results, id));
    await writeFile(
      join(results, id, 'journal.jsonl'),
      events.map((event) => `${JSON.stringify({ at: '2026-01-01T00:00:00Z', ...event })}\n`).join(''),
    );
  };
  const started = (pid: number) => ({
    type: 'campaign-started',
    id: 'test',
    scenario: 'test',
    seed: 1,
    budgetMs: 420_000,
    pid,
  });
  const original = {
    type: 'original',
    knob: 'net.core.rmem_max',
    target: { via: 'sysctl', key: 'net.core.rmem_max' },
    raw: '212992',
  };

  test('one that was not restored stands in the way, one that runs too', async () => {
    await journal('a-killed', started(4242), original);
    await journal('b-running', started(4343), original);
    await journal('c-restored', started(1), original, {
      type: 'restored',
      complete: true,
      failures: [],
    });
    const diagnosis = await diagnose(
      machineWith({ files: { '/proc/4343/cmdline': 'node\0siptune\0run\0' } }),
    );
    expect(linesOf(diagnosis, 'problem')).toEqual([
      'campaign: a-killed was interrupted and not restored (1 settings recorded)',
      'campaign: b-running is running (process 4343)',
    ]);
  });
});

test('what a campaign from elsewhere left on this machine is said, whatever the results folder holds', async () => {
  const lookedAt = (lines: string) =>
    machineWith({ commands: { [`sh -c ${LOOK} siptune /var/lib/siptune`]: lines } });
  const left = await diagnose(lookedAt('boot b1\nnow 500\npidns pid:[1]\ncampaign c7 unrestored b1 900\n'));
  expect(linesOf(left, 'warning')).toEqual(['lease: campaign c7 left settings on fake']);
  expect(left.findings.find(({ what }) => what === 'lease')?.advice).toContain('siptune restore c7');
});

test('every knob of the catalogue is judged, each inert one with its reason', async () => {
  const { findings } = await diagnose();
  const knobs = findings.filter(({ area }) => area === 'knobs');
  expect(knobs.map(({ what }) => what)).toEqual(CATALOGUE.map(({ name }) => name));
  for (const { level, seen } of knobs)
    expect(seen).toMatch(level === 'ok' ? /^can act here$/ : /^(inert: .{20}|\/proc|no device)/);
  // Kamailio maps its memory: the ceiling of System V segments does nothing, nor does the one derived from it.
  expect(knobs.find(({ what }) => what === 'kernel.shmall')?.seen).toContain('SHM_MMAP');
});

test('no command that is run changes anything', async () => {
  const machine = createFakeHost(HEALTHY);
  await examine(createView({ scenario: null, machine, resultsDir: results, clock: createFakeClock() }));
  const harmless =
    /^(getconf|uname|find \/|readlink|modinfo -n|ps -e|ss -|ip (-\S+ )*(link|addr|netns) (show|list|pids)|tc (-\S+ )*(qdisc|class) show|ethtool (--json |-g )?\w+$|(kamailio|opensips) -[vV]$|sh -c for p in|sh -c command -v)/;
  // The lease's own look, which test/safety runs for real.
  for (const argv of machine.ran.filter((one) => one[2] !== LOOK)) expect(argv.join(' ')).toMatch(harmless);
});

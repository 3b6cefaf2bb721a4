// Meters against the real kernel: a signal that is really induced is seen, in the right place, and nowhere else.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { createLinkMeter } from '../../src/meters/link.ts';
import type { Meter } from '../../src/meters/meter.ts';
import { createMpstatMeter } from '../../src/meters/mpstat.ts';
import { createNamespaceFiles } from '../../src/meters/namespace-files.ts';
import { createProcessesMeter } from '../../src/meters/processes.ts';
import { createPsiMeter } from '../../src/meters/psi.ts';
import { createQdiscMeter } from '../../src/meters/qdisc.ts';
import { startAll, stopAll } from '../../src/meters/run-meters.ts';
import { createSnmpMeter } from '../../src/meters/snmp.ts';
import { createSocketsMeter } from '../../src/meters/sockets.ts';
import { createSoftnetMeter } from '../../src/meters/softnet.ts';
import { createTicksMeter } from '../../src/meters/ticks.ts';
import type { Host, RunningCommand } from '../../src/targets/host.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

const NETNS = 'siptune-test-meters';
const ROUTER_PORT = 5060;
const GENERATOR_PORT = 5061;

const machine = createLocalHost();
const netns = machine.inNetns(NETNS);
const rawDir = mkdtempSync(join(tmpdir(), 'siptune-meters-'));
const files = createNamespaceFiles(machine, netns, systemClock);
const outside = createNamespaceFiles(machine, machine, systemClock);
const watched: { pid: number; role: string }[] = [];
const context = { rawDir, processes: () => watched };
const commands: RunningCommand[] = [];

/** Binds a port inside the namespace and never reads. */
const BIND = `require('dgram').createSocket({type:'udp4',reuseAddr:false}).bind(+process.argv[1],'127.0.0.1',function(){
  process.kill(process.pid,'SIGSTOP')})`;
/** Sends datagrams of 500 bytes: count, address, port. */
const SEND = `const [count,address,port]=process.argv.slice(1);const s=require('dgram').createSocket('udp4');
let left=+count;const next=()=>left-->0?s.send(Buffer.alloc(500),+port,address,()=>next()):s.close();next()`;

const send = (count: number, address: string, port: number) =>
  netns.run([process.execPath, '-e', SEND, String(count), address, String(port)]);

async function bindDeaf(port: number): Promise<RunningCommand> {
  const command = await netns.spawn([process.execPath, '-e', BIND, String(port)]);
  commands.push(command);
  for (let poll = 0; poll < 200; poll++) {
    if ((await netns.run(['ss', '-uanH', `sport = :${port}`])).stdout !== '') return command;
    await systemClock.sleep(20);
  }
  throw new Error(`nothing was bound to port ${port}`);
}

async function measured(meters: readonly Meter[], during: () => Promise<unknown>) {
  await startAll(meters, context);
  await during();
  return stopAll(meters);
}

const ip = async (...args: string[]) => expect((await machine.run(['ip', ...args])).stderr).toBe('');

beforeAll(async () => {
  await ip('netns', 'add', NETNS);
  await ip('-n', NETNS, 'link', 'set', 'lo', 'up');
  await ip('-n', NETNS, 'link', 'add', 'out', 'type', 'veth', 'peer', 'name', 'far');
  await ip('-n', NETNS, 'link', 'set', 'out', 'up');
  await ip('-n', NETNS, 'link', 'set', 'far', 'up');
  await ip('-n', NETNS, 'addr', 'add', '198.18.9.1/24', 'dev', 'out');
  await ip('-n', NETNS, 'neigh', 'add', '198.18.9.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'out');
});

afterAll(async () => {
  for (const command of commands) {
    command.kill('SIGKILL');
    await command.exited;
  }
  await machine.run(['ip', 'netns', 'del', NETNS]);
  rmSync(rawDir, { recursive: true });
});

test('a full socket buffer shows as drops of that port, in a window of a fraction of a second', async () => {
  await bindDeaf(ROUTER_PORT);
  await bindDeaf(GENERATOR_PORT);
  const sockets = createSocketsMeter({
    routerHost: netns,
    routerFiles: files,
    generatorFiles: [files, outside],
    routerPort: ROUTER_PORT,
    generatorPorts: [GENERATOR_PORT],
    clock: systemClock,
  });
  const meters = [
    sockets,
    createSnmpMeter('router', files, systemClock),
    createSnmpMeter('caller', outside, systemClock),
  ];

  const full = await measured(meters, () => send(1000, '127.0.0.1', ROUTER_PORT));
  expect(full.faults).toEqual([]);
  const { routerDrops = 0, routerRcvbufBytes = 0, routerRcvqLastBytes = 0 } = full.reports.sockets ?? {};
  expect(routerDrops).toBeGreaterThan(100);
  expect(routerDrops).toBe(full.reports['snmp-router']?.rcvbufErrors);
  expect(full.reports['snmp-router']).toMatchObject({
    outDatagrams: 1000,
    inErrors: routerDrops,
    sndbufErrors: 0,
  });
  expect(routerRcvqLastBytes / routerRcvbufBytes).toBeGreaterThan(0.9);
  expect(full.reports.sockets).toMatchObject({ generatorDrops: 0, generatorRcvqPeakBytes: 0 });
  // The other namespace saw none of it.
  expect(full.reports['snmp-caller']?.rcvbufErrors).toBe(0);

  const generator = await measured(meters, () => send(1000, '127.0.0.1', GENERATOR_PORT));
  expect(generator.reports.sockets?.generatorDrops).toBeGreaterThan(100);
  expect(generator.reports.sockets?.routerDrops).toBe(0);
});

test('a short queue on the way out shows as drops of that device, once, also below HTB', async () => {
  const meters = [
    createQdiscMeter(netns, ['out', 'far'], systemClock),
    createLinkMeter(files, ['out', 'far'], systemClock),
  ];
  const tc = async (...args: string[]) => expect((await netns.run(['tc', ...args])).stderr).toBe('');
  await tc('qdisc', 'add', 'dev', 'out', 'root', 'handle', '1:', 'htb', 'default', '10');
  await tc(
    'class',
    'add',
    'dev',
    'out',
    'parent',
    '1:',
    'classid',
    '1:10',
    'htb',
    'rate',
    '100kbit',
    'burst',
    '2k',
  );
  await tc('qdisc', 'add', 'dev', 'out', 'parent', '1:10', 'pfifo', 'limit', '10');
  const htb = await measured(meters, () => send(300, '198.18.9.2', 9));
  await tc(
    'qdisc',
    'replace',
    'dev',
    'out',
    'root',
    'handle',
    '2:',
    'tbf',
    'rate',
    '100kbit',
    'burst',
    '2k',
    'limit',
    '8000',
  );
  const tbf = await measured(meters, () => send(300, '198.18.9.2', 9));
  for (const { reports, faults } of [htb, tbf]) {
    expect(faults).toEqual([]);
    const { drops = 0, outDrops, farDrops } = reports.qdisc ?? {};
    expect(drops).toBeGreaterThan(100);
    expect(drops).toBeLessThan(300);
    expect([outDrops, farDrops]).toEqual([drops, 0]);
    expect(reports.qdisc?.backlogPeakPackets).toBeGreaterThan(0);
    expect(Object.keys(reports.link ?? {}).sort()).toEqual([
      'rxDropped',
      'rxErrors',
      'rxFifoErrors',
      'rxMissed',
      'txDropped',
      'txErrors',
    ]);
  }
});

test('a busy process, and one that ends, show in CPU and memory; mpstat and the kernel agree', async () => {
  const busy = await machine.spawn(['sh', '-c', 'while :; do :; done']);
  const brief = await machine.spawn(['sleep', '0.3']);
  commands.push(busy, brief);
  watched.push({ pid: busy.pid, role: 'router' }, { pid: brief.pid, role: 'uac' });
  const meters = [createProcessesMeter(machine, systemClock), createMpstatMeter(machine, systemClock)];
  meters.push(createTicksMeter(machine, 100, systemClock), createSoftnetMeter(machine, systemClock));
  meters.push(createPsiMeter(machine, systemClock));
  const { reports, faults } = await measured(meters, () => systemClock.sleep(2300));
  busy.kill('SIGKILL');
  expect(faults).toEqual([]);
  const {
    routerCpuPct = 0,
    routerBusiestCpuPct,
    uacCpuPct = 100,
    routerPssMib = 0,
    routerRssMib = 0,
  } = reports.processes ?? {};
  expect(routerCpuPct).toBeGreaterThan(20);
  expect(routerCpuPct).toBeLessThan(110);
  expect(routerBusiestCpuPct).toBe(routerCpuPct);
  expect(uacCpuPct).toBeLessThan(5);
  expect(routerPssMib).toBeGreaterThan(0);
  expect(routerPssMib).toBeLessThanOrEqual(routerRssMib);
  const busiest = Math.max(
    ...Object.entries(reports.mpstat ?? {}).map(([key, pct]) => (/^cpu\d+Busy/.test(key) ? pct : 0)),
  );
  expect(busiest).toBeGreaterThan(20);
  expect(JSON.parse(readFileSync(join(rawDir, 'mpstat.json'), 'utf8')).sysstat).toBeDefined();
  expect(reports.ticks?.cpu0TicksShare).toBeGreaterThan(0.3);
  expect(reports.ticks?.cpu0TicksShare).toBeLessThan(1.1);
});

test('where a tool is missing its package is named, and what can be known without it still is', async () => {
  const nothing = { PATH: '/nonexistent' };
  const bare: Host = {
    ...machine,
    run: (argv, options) => machine.run(argv, { ...options, env: nothing }),
    spawn: (argv, options) => machine.spawn(argv, { ...options, env: nothing }),
  };
  const dir = mkdtempSync(join(tmpdir(), 'siptune-meters-'));
  const meters = [createMpstatMeter(bare, systemClock), createQdiscMeter(bare, ['lo'], systemClock)];
  await startAll(meters, { ...context, rawDir: dir });
  await systemClock.sleep(300);
  const { reports, faults } = await stopAll(meters);
  rmSync(dir, { recursive: true });
  expect(faults.some((fault) => /^mpstat: .*sysstat/.test(fault))).toBe(true);
  expect(faults.some((fault) => /^qdisc: .*iproute2/.test(fault))).toBe(true);
  expect(reports.qdisc).toEqual({});
  expect(reports.mpstat?.cpuAllBusyPct).toBeGreaterThanOrEqual(0);
});

test('counters and devices of a namespace are the same whether read through a sleeper or by commands', async () => {
  const sleeperless: Host = { ...netns, spawn: () => Promise.reject(new Error('no setpriv here')) };
  const fallback = createNamespaceFiles(machine, sleeperless, systemClock);
  const paths = [
    '/proc/net/snmp',
    '/proc/net/udp',
    '/sys/class/net/out/statistics/tx_packets',
    '/sys/class/net/none',
  ];
  await Promise.all([files.open(), fallback.open()]);
  const [fast, slow] = await Promise.all([files.read(paths), fallback.read(paths)]);
  await Promise.all([files.close(), fallback.close()]);
  expect(slow.get('/proc/net/udp')).toContain(ROUTER_PORT.toString(16).toUpperCase());
  expect([...fast]).toEqual([...slow]);
  expect(fast.get('/sys/class/net/out/statistics/tx_packets')).toMatch(/^\d+\n$/);
  expect(fast.get('/sys/class/net/none')).toBeNull();
});

test('meters leave no process in the namespace', async () => {
  const inside = (await machine.run(['ip', 'netns', 'pids', NETNS])).stdout
    .trim()
    .split('\n')
    .filter(Boolean);
  const ours = new Set(commands.map(({ pid }) => String(pid)));
  expect(inside.filter((pid) => !ours.has(pid))).toEqual([]);
});

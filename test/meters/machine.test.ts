// Who else uses the machine, how long the router's processes ran, and what refused connections and flows.
import { expect, test } from 'vitest';
import { parseConntrack, parseListens } from '../../src/meters/netstat.ts';
import {
  createRivalsMeter,
  type ProcessLook,
  parseProcesses,
  rivalsIn,
  rivalsReport,
} from '../../src/meters/rivals.ts';
import { parseSchedstat, schedstatReport } from '../../src/meters/schedstat.ts';
import type { Host } from '../../src/targets/host.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeHost } from '../support/fake-host.ts';
import { tempDir } from '../support/temp-dir.ts';

const HZ = 100;
const OWN = 10;

/** A line of /proc/PID/stat: utime is field 14, starttime 22, processor 39. */
function statLine(
  pid: number,
  name: string,
  utime: number,
  more: { parent?: number; born?: number; cpu?: number } = {},
) {
  const fields = Array.from({ length: 50 }, () => 0);
  fields[1] = more.parent ?? 1;
  fields[11] = utime;
  fields[19] = more.born ?? 1_000;
  fields[36] = more.cpu ?? 0;
  return `${pid} (${name}) S ${fields.slice(1).join(' ')}\n`;
}

const look = (atMs: number, ...lines: string[]): { atMs: number; sample: ProcessLook } => ({
  atMs,
  sample: parseProcesses(`${600 + atMs / 1000}.00 900.00\n${lines.join('')}`, HZ),
});

const rivals = (before: string[], after: string[], between?: string[]) =>
  rivalsIn(
    rivalsReport(
      {
        // One second before the window begins.
        earlier: between && look(-1_000, ...between).sample,
        first: look(0, ...before),
        last: look(5_000, ...after),
      },
      [{ pid: 20, role: 'router' }],
      HZ,
      [OWN],
    ),
  ).map(({ name, cpuPct }) => [name, Math.round(cpuPct)]);

test('a process that was busy before the load came, and still is, is a rival, with its share and its CPU', () => {
  const before = statLine(300, 'yes', 50_000, { cpu: 1 });
  const after = statLine(300, 'yes', 50_490, { cpu: 1 });
  expect(rivals([before], [after])).toEqual([['yes', 98]]);
});

test('one that began with the window or just before it is a rival, too', () => {
  expect(rivals([], [statLine(300, 'cc1', 400, { born: 60_100 })])).toEqual([['cc1', 80]]);
  expect(
    rivals([statLine(300, 'cc1', 1, { born: 59_900 })], [statLine(300, 'cc1', 401, { born: 59_900 })]),
  ).toEqual([['cc1', 80]]);
});

test('what works only while there is load works for the router', () => {
  expect(rivals([statLine(300, 'mysqld', 900)], [statLine(300, 'mysqld', 1_350)])).toEqual([]);
});

test('what was idle between the trials works for the router, however much it did in those before', () => {
  const at = (ticks: number) => [statLine(300, 'mysqld', 30_000 + ticks)];
  expect(rivals(at(0), at(450), at(-2))).toEqual([]);
  expect(rivals(at(0), at(450), at(-90))).toEqual([['mysqld', 90]]);
});

test('siptune, its children, the router and its namesakes are no rivals; nor is the softirq', () => {
  const busy = (pid: number, name: string, parent: number, ticks: number) =>
    statLine(pid, name, 50_000 + ticks, { parent });
  const all = (ticks: number) => [
    busy(OWN, 'node', 1, ticks),
    busy(11, 'sh', OWN, ticks),
    busy(12, 'mpstat', 11, ticks),
    busy(20, 'kamailio', 1, ticks),
    busy(21, 'kamailio', 20, ticks),
    busy(22, 'kamailio', 1, ticks),
    busy(15, 'ksoftirqd/0', 2, ticks),
  ];
  expect(rivals(all(0), all(490))).toEqual([]);
});

test('a name may hold parentheses and blanks, and reaches the record without what could harm a terminal', () => {
  const name = 'a) S (b \u001b[31m';
  const before = statLine(300, name, 50_000);
  const [found] = rivals([before], [statLine(300, name, 50_490)]);
  expect(found).toEqual([expect.stringMatching(/^a\?[\w?./:@+-]*$/), 98]);
});

test('run and wait times are to the nanosecond, and only of processes that were seen twice', () => {
  expect(parseSchedstat('1215851 5392836 3\n')).toEqual({ runMs: 1.215851, waitMs: 5.392836 });
  expect(parseSchedstat('')).toBeNull();
  const first = { atMs: 0, sample: { 1: { runMs: 100, waitMs: 10 }, 2: { runMs: 0, waitMs: 0 } } };
  const last = { atMs: 1_000, sample: { 1: { runMs: 700, waitMs: 60 }, 3: { runMs: 500, waitMs: 0 } } };
  expect(schedstatReport(first, last)).toEqual({ routerRunPct: 60, routerWaitPct: 5 });
  expect(schedstatReport(first, { atMs: 1_000, sample: {} })).toEqual({});
});

test('full accept queues and refused flows are found by name, whatever other columns there are', () => {
  const netstat =
    'TcpExt: A ListenOverflows B ListenDrops\nTcpExt: 1 2 3 4\nIpExt: ListenOverflows\nIpExt: 9\n';
  expect(parseListens(netstat)).toEqual({ listenOverflows: 2, listenDrops: 4 });
  expect(parseListens('')).toEqual({});
  const conntrack =
    'entries insert insert_failed drop early_drop\n00000010 0 00000002 0000000a 0\n00000010 0 1 0 0\n';
  expect(parseConntrack(conntrack)).toEqual({
    conntrackDrop: 10,
    conntrackInsertFailed: 3,
    conntrackEarlyDrop: 0,
  });
  expect(parseConntrack('')).toEqual({});
});

test('on another machine only those of the trial that run there are known, and siptune is none of them', async () => {
  const clock = createFakeClock();
  const busy = (ticks: number) =>
    [
      statLine(process.pid, 'namesake', 50_000 + ticks),
      statLine(77, 'yes', 50_000 + ticks),
      statLine(78, 'sipp', 50_000 + ticks),
    ].join('');
  const there: Host = {
    ...createFakeHost({ commands: {}, files: {} }),
    remote: true,
    run: async () => ({
      ...{ exitCode: 0, signal: undefined, stderr: '', timedOut: false, notFound: false },
      stdout: `${600 + clock.nowMs() / 1000}.00 900.00\n${busy(clock.nowMs() / 10)}`,
    }),
  };
  const meter = createRivalsMeter(there, HZ, clock, { isThere: ({ on }) => on === 'load1' });
  const rawDir = await tempDir();
  const processes = () => [
    { pid: 77, role: 'uac' },
    { pid: 78, role: 'uac', on: 'load1' },
  ];
  await meter.start({ rawDir, processes });
  clock.advance(5_000);
  const { report } = await meter.stop();
  expect(rivalsIn(report).map(({ name }) => name)).toEqual(['namesake', 'yes']);
});

// The router's memory and its log, and what its processes used.
import { expect, test } from 'vitest';
import { countOutOfMemory, linesAfter } from '../../src/meters/out-of-memory.ts';
import { type ProcessUsage, parsePssKib, processesReport } from '../../src/meters/processes.ts';
import { routerReport } from '../../src/meters/router.ts';
import { fixture } from '../support/fixture.ts';

test('messages of both routers about exhausted memory are counted, others are not', () => {
  const messages = [
    'ERROR: <core> [core/mem/q_malloc.c:291]: qm_find_free(): no more shm memory',
    '5(123) ERROR: tm [h_table.c:258]: build_cell(): could not allocate shared memory from shm pool',
    'ERROR:core:fm_malloc: not enough free shm memory (1024 bytes left, need 2048), please increase the "-m" command line parameter!',
    'ERROR:tm:new_t: out of mem',
    'CRITICAL: <core>: out of pkg. mem',
    'ERROR: no more free pkg memory',
    'ERROR: no private memory left',
  ];
  expect(messages.filter((line) => countOutOfMemory([line]) !== 1)).toEqual([]);
  const harmless = [
    'INFO: <core> [main.c:3001]: using 64 MB of shared memory, allocator: q_malloc',
    'Listening on udp: 198.18.0.1:5060',
    'WARNING:core:fm_malloc: not enough contiguous free shm memory (1 bytes left, need 2), attempting defragmentation...',
    'WARNING: members of the group left',
  ];
  expect(countOutOfMemory(harmless)).toBe(0);
});

test('only what the log says since the window began counts', () => {
  const mark = ['b', 'c'];
  expect(linesAfter(mark, ['a', 'b', 'c', 'out of mem'])).toEqual(['out of mem']);
  expect(linesAfter(mark, ['a', 'b', 'c'])).toEqual([]);
  expect(linesAfter(mark, ['x', 'y'])).toEqual(['x', 'y']);
  expect(linesAfter([], ['x'])).toEqual(['x']);
});

test('a high-water mark that an earlier trial left is not the peak of this one', () => {
  const look = (atMs: number, usedBytes: number, maxUsedBytes: number) => ({
    atMs,
    sample: { 'shm:totalBytes': 1000, 'shm:usedBytes': usedBytes, 'shm:maxUsedBytes': maxUsedBytes },
  });
  expect(routerReport([look(0, 100, 950), look(1, 300, 950), look(2, 200, 950)]).shmUsedPeakShare).toBe(0.3);
  expect(routerReport([look(0, 100, 400), look(1, 300, 990)]).shmUsedPeakShare).toBe(0.99);
});

test('statistics that are missing stay out of the report', () => {
  expect(routerReport([{ atMs: 0, sample: {} }])).toEqual({});
  const sample = { 'core:rcv_requests': 5, 'tmx:UAS_transactions': 1, 'pkg:worstUsedShare': 0.4 };
  const later = { ...sample, 'core:rcv_requests': 25 };
  expect(
    routerReport([
      { atMs: 0, sample: {} },
      { atMs: 1, sample },
      { atMs: 2, sample: later },
    ]),
  ).toEqual({
    pkgWorstUsedShare: 0.4,
    receivedRequests: 20,
    uasTransactions: 0,
  });
});

test('CPU is what was used in the window: not before it, and from birth for a process born in it', () => {
  const usage = (
    pid: number,
    role: string,
    cpuMs: number,
    ageMs: number,
    cpuPct: number | null,
  ): ProcessUsage => ({
    pid,
    role,
    cpuMs,
    ageMs,
    cpuPct,
    rssBytes: 2 ** 20,
  });
  const report = processesReport([
    {
      atMs: 10_000,
      sample: [usage(1, 'router', 5000, 60_000, null), usage(2, 'router', 5000, 60_000, null)],
    },
    {
      atMs: 11_000,
      sample: [
        usage(1, 'router', 5600, 61_000, 60),
        usage(2, 'router', 5200, 61_000, 20),
        usage(3, 'uac', 50, 100, null),
      ],
    },
    { atMs: 12_000, sample: [usage(1, 'router', 5800, 62_000, 20), usage(3, 'uac', 250, 1100, 20)] },
  ]);
  expect(report).toEqual({
    routerCpuPct: 50,
    routerCpuPeakPct: 80,
    routerBusiestCpuPct: 40,
    routerRssMib: 2,
    uacCpuPct: 12.5,
    uacCpuPeakPct: 20,
  });
});

test('of several pairs of generators each process is told apart, beside the sum', () => {
  const usage = (pid: number, role: string, pair: number, cpuMs: number): ProcessUsage => ({
    ...{ pid, role, pair, cpuMs, cpuPct: null },
    ...{ ageMs: 60_000, rssBytes: 0 },
  });
  const report = processesReport([
    { atMs: 0, sample: [usage(1, 'uac', 1, 0), usage(2, 'uac', 2, 0), usage(3, 'uas', 1, 0)] },
    { atMs: 1_000, sample: [usage(1, 'uac', 1, 300), usage(2, 'uac', 2, 900), usage(3, 'uas', 1, 100)] },
  ]);
  expect(report).toMatchObject({
    uacCpuPct: 120,
    uac1CpuPct: 30,
    uac2CpuPct: 90,
    uasCpuPct: 10,
    uas1CpuPct: 10,
  });
});

test('the proportional set size comes from the roll-up, where there is one', () => {
  expect(parsePssKib(fixture('meters/smaps-rollup.txt'))).toBe(12_516);
  expect(parsePssKib('')).toBeNull();
});

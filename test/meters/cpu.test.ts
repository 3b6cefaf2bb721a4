// CPU shares and ticks: the same numbers whether mpstat or the kernel tells them, and time that went missing is seen.
import { expect, test } from 'vitest';
import { busyPct } from '../../src/meters/busy.ts';
import { mpstatReport, parseMpstat, procStatReport } from '../../src/meters/mpstat.ts';
import { type CpuTicks, parseProcStat } from '../../src/meters/proc-stat.ts';
import { ticksReport } from '../../src/meters/ticks.ts';
import { fixture } from '../support/fixture.ts';

const ticks = (some: Partial<CpuTicks>): CpuTicks => ({
  user: 0,
  sys: 0,
  softirq: 0,
  steal: 0,
  idle: 0,
  total: 0,
  ...some,
});

test('mpstat that was ended with SIGINT is complete, and each CPU and all of them are reported', () => {
  const samples = parseMpstat(fixture('meters/mpstat.json'));
  expect(samples.length).toBeGreaterThanOrEqual(2);
  const report = mpstatReport(samples);
  for (const cpu of ['0', '1', 'All'])
    for (const field of ['Busy', 'User', 'Sys', 'Soft', 'Steal'])
      expect(report[`cpu${cpu}${field}Pct`]).toBeGreaterThanOrEqual(0);
  expect(report.cpuAllBusyPct).toBeLessThanOrEqual(100);
});

test('mpstat that was ended in its first second has no samples, and is no error', () => {
  expect(parseMpstat(fixture('meters/mpstat-interrupted.json'))).toEqual([]);
});

test('the mean over the samples is reported; waiting for a disk is not being busy', () => {
  const load = (usr: number, iowait: number) => ({
    cpu: '0',
    usr,
    sys: 0,
    soft: 0,
    steal: 0,
    iowait,
    idle: 100 - usr - iowait,
  });
  const text = JSON.stringify({
    sysstat: { hosts: [{ statistics: [{ 'cpu-load': [load(40, 0)] }, { 'cpu-load': [load(80, 10)] }] }] },
  });
  expect(mpstatReport(parseMpstat(text))).toMatchObject({ cpu0BusyPct: 60, cpu0UserPct: 60 });
});

test('/proc/stat gives every CPU, and its states add up to the whole', () => {
  const cpus = parseProcStat(fixture('meters/proc-stat.txt'));
  expect(Object.keys(cpus).sort()).toEqual(['0', '1', 'all']);
  const { all } = cpus;
  expect((cpus['0']?.total ?? 0) + (cpus['1']?.total ?? 0)).toBeCloseTo(all?.total ?? 0, -2);
});

test('without mpstat the shares come from two looks at /proc/stat', () => {
  const first = { '0': ticks({ user: 100, idle: 100, total: 200 }) };
  const last = { '0': ticks({ user: 140, sys: 20, softirq: 10, idle: 130, total: 300 }) };
  expect(procStatReport(first, last)).toEqual({
    cpu0BusyPct: 70,
    cpu0UserPct: 40,
    cpu0SysPct: 20,
    cpu0SoftPct: 10,
    cpu0StealPct: 0,
  });
});

test('busy moments that end before the next tick are counted all the same, for idle time is measured', () => {
  // A real trial: its processes ran for 33 % of the window, and 78 % of the ticks were accounted for.
  const first = { atMs: 0, sample: { '0': ticks({ user: 100, idle: 1_000, total: 1_100 }) } };
  const last = { atMs: 5_000, sample: { '0': ticks({ user: 167, idle: 1_322, total: 1_489 }) } };
  const meters = { ticks: ticksReport(first, last, 100), mpstat: { cpu0BusyPct: 17 } };
  expect(busyPct(meters, 0)).toBeCloseTo(35.6);
  expect(busyPct({ mpstat: { cpu0BusyPct: 17 } }, 0)).toBe(17);
  expect(busyPct(meters, 1)).toBeUndefined();
  // 22 % is missing, and nobody took it.
  expect(meters.ticks.worstHiddenStealPct).toBeLessThan(10);
});

test('ticks that go missing are hidden steal, though steal itself says 0', () => {
  const first = { atMs: 0, sample: { '0': ticks({ total: 1000 }), '1': ticks({ total: 1000 }) } };
  const last = { atMs: 5000, sample: { '0': ticks({ total: 1500 }), '1': ticks({ total: 1400, steal: 5 }) } };
  expect(ticksReport(first, last, 100)).toEqual({
    cpu0TicksShare: 1,
    cpu0NotIdlePct: 100,
    cpu1TicksShare: 0.8,
    cpu1NotIdlePct: 100,
    worstHiddenStealPct: expect.closeTo(20),
    worstStealPct: 1,
    elapsedMs: 5000,
  });
});

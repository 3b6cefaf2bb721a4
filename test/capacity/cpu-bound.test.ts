// The rate at which the router's CPUs are full.
import { expect, test } from 'vitest';
import { cpuBoundOf } from '../../src/capacity/cpu-bound.ts';

const plan = { shape: 'steady', rateCps: 3_000, warmupMs: 1_000, windowMs: 5_000 } as const;

test('CPU time per call is that of the processes and of the receive softirq of their cores', () => {
  const meters = {
    schedstat: { routerRunPct: 60 },
    mpstat: { cpu0BusyPct: 75, cpu0SoftPct: 15, cpu1BusyPct: 100, cpu1SoftPct: 50 },
  };
  const bound = cpuBoundOf(plan, meters, [0]);
  expect(bound?.cpuMsPerCall).toBeCloseTo(0.25);
  expect(bound?.fullAtCps).toBeCloseTo(4_000);
});

test('softirq that the kernel charged to the interrupted process is not counted twice', () => {
  const meters = { schedstat: { routerRunPct: 74 }, mpstat: { cpu0BusyPct: 75, cpu0SoftPct: 15 } };
  expect(cpuBoundOf(plan, meters, [0])?.fullAtCps).toBeCloseTo(4_000);
});

test('several CPUs are full together; a kernel that does not tell gives no bound', () => {
  const meters = { schedstat: { routerRunPct: 60 }, mpstat: {} };
  expect(cpuBoundOf(plan, meters, [0, 1])?.fullAtCps).toBeCloseTo(10_000);
  expect(cpuBoundOf(plan, { mpstat: { cpu0BusyPct: 75 } }, [0])).toBeNull();
  expect(cpuBoundOf({ ...plan, windowMs: 500 }, meters, [0])).toBeNull();
});

// Arrivals: the plan's calls, no more and no fewer, at times that the shape says and a seed repeats.
import { describe, expect, test } from 'vitest';
import { arrivalTimesMs } from '../../src/load/arrivals.ts';
import { callOrder } from '../../src/load/sipp-argv.ts';
import { scheduleArrivals } from '../../src/load/sipp-arrivals.ts';
import type { Arrivals } from '../../src/scenario/scenario.ts';

const PLAN = { shape: 'steady', rateCps: 1_000, warmupMs: 1_500, windowMs: 5_000 } as const;
const ORDER = callOrder(PLAN);
const POISSON: Arrivals = { kind: 'poisson' };
const BURSTS: Arrivals = { kind: 'bursts', factor: 5, everyMs: 1_000, forMs: 100 };
const times = (arrivals: Arrivals, seed = 1) => arrivalTimesMs(PLAN, ORDER, arrivals, seed);
const between = (all: Float64Array, fromMs: number, toMs: number) =>
  all.filter((time) => time >= fromMs && time < toMs).length;

test.each([POISSON, BURSTS])(
  '$kind: every planned call, in order, on its side of the window’s edge',
  (arrivals) => {
    const all = times(arrivals);
    expect(all).toHaveLength(6_500);
    expect([...all]).toEqual([...all].sort((a, b) => a - b));
    expect(between(all, 0, PLAN.warmupMs)).toBe(1_500);
    expect(between(all, PLAN.warmupMs, PLAN.warmupMs + PLAN.windowMs)).toBe(5_000);
  },
);

describe('Poisson', () => {
  test('the same seed repeats a trial, another one does not', () => {
    expect(times(POISSON, 7)).toEqual(times(POISSON, 7));
    expect(times(POISSON, 7)).not.toEqual(times(POISSON, 8));
  });

  test('gaps are exponential: their deviation is their mean, and a share of 1/e is longer', () => {
    const all = times(POISSON).subarray(ORDER.uncounted);
    const gaps = [...all].slice(1).map((time, index) => time - (all[index] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(mean).toBeCloseTo(1, 1);
    expect(deviation / mean).toBeGreaterThan(0.93);
    expect(deviation / mean).toBeLessThan(1.07);
    expect(gaps.filter((gap) => gap > mean).length / gaps.length).toBeCloseTo(Math.exp(-1), 1);
  });
});

describe('bursts', () => {
  test('each second has its burst in the middle, at the factor’s rate; the rest comes slower, evenly', () => {
    const all = times(BURSTS);
    for (let second = 0; second < 5; second += 1) {
      const start = PLAN.warmupMs + second * 1_000;
      // 100 ms at 5,000 calls/s; what is left of the 1,000 calls before and after it.
      expect(between(all, start + 450, start + 550) / 500).toBeCloseTo(1, 1);
      expect(between(all, start, start + 450) / 250).toBeCloseTo(1, 1);
      expect(between(all, start + 550, start + 1_000) / 250).toBeCloseTo(1, 1);
    }
  });

  test('all calls may come in the bursts, none between them', () => {
    const all = times({ kind: 'bursts', factor: 10, everyMs: 1_000, forMs: 100 });
    const first = PLAN.warmupMs;
    expect(between(all, first + 450, first + 551)).toBe(1_000);
    expect(between(all, first + 551, first + 1_450)).toBe(0);
  });
});

test.each([POISSON, BURSTS, { kind: 'bursts', factor: 3, everyMs: 5_000, forMs: 1_500 } as const])(
  '$kind: SIPp begins each call early enough for it to wait for its time',
  (arrivals) => {
    const { waitsMs, leadMs, countedAtMs } = scheduleArrivals(PLAN, ORDER, arrivals, 1);
    const all = times(arrivals);
    expect(Math.min(...waitsMs)).toBeGreaterThanOrEqual(0);
    // SIPp begins the n-th call n gaps after its start.
    const seen = [...waitsMs].map((wait, index) => index + 1 + wait);
    for (const [index, time] of seen.entries())
      expect(Math.abs(time - leadMs - (all[index] ?? 0))).toBeLessThan(1);
    expect(countedAtMs.at(-1)).toBeLessThanOrEqual(PLAN.windowMs);
    expect(countedAtMs[0]).toBe(0);
  },
);

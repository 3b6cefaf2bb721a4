// Side by side: a difference is only claimed where repeated measurements under the same conditions show one.
import { describe, expect, test } from 'vitest';
import { compareCampaigns } from '../../src/report/compare.ts';
import { renderComparison } from '../../src/report/compare-report.ts';
import type { Result } from '../../src/store/result.ts';
import { aborted, HARMFUL, HOSTILE, improved, notProven, second } from '../support/results.ts';

const WIDE = { color: false, columns: 100 };

/** As `improved`, with winners that carried these bursts in the proof. */
const withBursts = (winners: readonly number[], todays = 190): Result => ({
  ...second,
  samples: { burstCalls: winners.map((winner, n) => [todays + n, winner] as const) },
});
const burstOf = (a: Result, b: Result) =>
  compareCampaigns([a, b]).metrics.find(({ metric }) => metric === 'burstCalls')?.differences[0];

describe('golden', () => {
  test('two seeds of one scenario', async () => {
    const text = renderComparison(compareCampaigns([improved, second]), WIDE);
    await expect(text).toMatchFileSnapshot('golden/compare.txt');
  });

  test('another kernel, in 60 columns', async () => {
    const other = { ...second, target: { ...second.target, kernel: '6.1.0-28-amd64' } };
    const text = renderComparison(compareCampaigns([improved, other]), { ...WIDE, columns: 60 });
    await expect(text).toMatchFileSnapshot('golden/compare-not-comparable.txt');
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(60);
  });
});

test('a campaign against itself: the same settings and no difference', () => {
  const comparison = compareCampaigns([improved, improved]);
  expect(comparison).toMatchObject({ notComparable: [], settings: [] });
  for (const { differences } of comparison.metrics)
    expect(differences).toEqual([{ sides: [0, 1], judgement: 'within-noise', why: 'the same numbers' }]);
  expect(renderComparison(comparison, WIDE)).toContain('The settings are the same.');
});

test('beyond noise only where the proofs’ intervals do not overlap', () => {
  expect(burstOf(withBursts([1000, 1010, 1020]), withBursts([2000, 2010, 2020]))).toMatchObject({
    judgement: 'beyond-noise',
  });
  expect(burstOf(withBursts([800, 1000, 1300]), withBursts([1000, 1250, 1600]))).toMatchObject({
    judgement: 'within-noise',
  });
});

test('measurements that agree to the digit are still only known to a bracket’s width', () => {
  expect(burstOf(withBursts([1000, 1000, 1000]), withBursts([1050, 1050, 1050]))).toMatchObject({
    judgement: 'within-noise',
  });
});

test('where a search ended is no confidence interval: nothing is claimed from it', () => {
  const high = { estimate: 9_000, low: 9_000, high: 9_100 };
  const better: Result = {
    ...second,
    samples: {},
    winner: second.winner && { ...second.winner, burstCalls: high, capacityCps: high },
  };
  const comparison = compareCampaigns([{ ...improved, samples: {} }, better]);
  for (const { values, differences } of comparison.metrics) {
    expect(values.map(({ basis }) => basis)).toEqual(['search', 'search']);
    expect(differences).toEqual([
      { sides: [0, 1], judgement: 'cannot-tell', why: 'fewer than 3 measurements in the proof' },
    ]);
  }
  expect(renderComparison(comparison, WIDE)).toContain('* where a search ended, not a confidence interval');
});

test.each([
  ['kernels', { target: { ...second.target, kernel: '6.1.0' } }, 'different kernels: 6.18.44, 6.1.0'],
  ['hosts', { target: { ...second.target, host: 'b' } }, 'different hosts: staging-1, b'],
  ['scenarios', { scenario: 'b' }, 'different scenarios: lab-kamailio, b'],
  [
    'loads',
    { load: { flow: 'register', transport: 'tcp', arrivals: { kind: 'poisson' } } as const },
    'different loads: INVITE calls over UDP, REGISTER over TCP, one connection, Poisson arrivals',
  ],
  [
    'base rates',
    { load: { flow: 'invite', baseRateCps: 200 } as const },
    'different loads: INVITE calls over UDP, INVITE calls over UDP, burst over 200 calls/s',
  ],
  [
    'delay bounds',
    { objective: { ...second.objective, maxP99SetupMs: 50 } },
    'different delay bounds: 200 ms, 50 ms',
  ],
])('different %s: said, and no difference is claimed', (_what, change, said) => {
  const far = withBursts([9000, 9010, 9020]);
  const comparison = compareCampaigns([improved, { ...far, ...change }]);
  expect(comparison.notComparable).toContain(said);
  expect(comparison.metrics.flatMap(({ differences }) => differences)).not.toContainEqual(
    expect.objectContaining({ judgement: 'beyond-noise' }),
  );
});

test('a machine that carried something else with the same settings is not the same machine', () => {
  const comparison = compareCampaigns([withBursts([1000, 1010, 1020]), withBursts([500, 505, 510], 95)]);
  expect(comparison.notComparable).toEqual([expect.stringMatching(/^the machine was not the same/)]);
  expect(comparison.metrics[0]?.differences[0]).toMatchObject({ judgement: 'cannot-tell' });
});

test('campaigns without a winner are compared by what the system had', () => {
  const comparison = compareCampaigns([improved, notProven, aborted]);
  expect(comparison.sides.map(({ what }) => what)).toEqual(['winner', 'current', 'nothing']);
  expect(comparison.metrics[0]?.values[2]).toEqual({ interval: null, basis: null, measurements: 0 });
  expect(comparison.metrics[0]?.differences.map(({ sides }) => sides)).toEqual([
    [0, 1],
    [0, 2],
    [1, 2],
  ]);
});

test('hostile names are harmless', () => {
  const hostile = { ...second, id: HOSTILE, target: { ...second.target, kernel: HOSTILE } };
  expect(renderComparison(compareCampaigns([improved, hostile]), WIDE)).not.toMatch(HARMFUL);
});

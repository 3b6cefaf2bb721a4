// The report as an operator reads it. The golden files are the whole text; look at them after a change.
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { paragraph } from '../../src/report/layout.ts';
import { renderReport } from '../../src/report/terminal-report.ts';
import type { Result } from '../../src/store/result.ts';
import { aborted, events, HARMFUL, HOSTILE, improved, notProven } from '../support/results.ts';

const WIDE = { color: false, columns: 100 };
const NARROW = { color: false, columns: 60 };

describe('golden', () => {
  test.each([
    ['improved', improved, events],
    ['not-proven', notProven, []],
    ['aborted', aborted, []],
  ] as const)('%s', async (name, result, trials) => {
    await expect(renderReport(result, WIDE, trials)).toMatchFileSnapshot(`golden/report-${name}.txt`);
  });

  test('narrow', async () => {
    const text = renderReport(improved, { ...NARROW, columns: 40 }, events);
    await expect(text).toMatchFileSnapshot('golden/report-40-columns.txt');
  });
});

test.each([40, 60, 80, 100])('nothing is wider than a terminal of %d columns', (columns) => {
  for (const result of [improved, notProven, aborted])
    for (const line of renderReport(result, { color: false, columns }, events).split('\n'))
      expect(line.length, line).toBeLessThanOrEqual(columns);
});

test('colour changes how it looks and not what it says', () => {
  const plain = renderReport(aborted, WIDE, events);
  const coloured = renderReport(aborted, { ...WIDE, color: true }, events);
  expect(coloured).toContain('\u001b[1m');
  expect(stripVTControlCharacters(coloured)).toBe(plain);
  expect(plain).not.toContain('\u001b');
});

test('settings that were not put back are the first thing after the verdict', () => {
  const [, second] = renderReport({ ...improved, restored: false }, WIDE).split('\n\n');
  expect(second).toBe(
    'NOT everything was put back to what it was: run "siptune restore 2026-11-25T1700-lab-kamailio".',
  );
  expect(renderReport({ ...improved, restored: false }, WIDE)).not.toContain('is back to what it was');
});

test('a guard that was never measured is not given a number', () => {
  const { comparison } = improved;
  const guards = [
    { metric: 'capacityCps' as const, ratio: { estimate: 0, low: 0, high: 0 }, mayFall: 0.05, held: false },
  ];
  const text = renderReport({ ...notProven, comparison: comparison && { ...comparison, guards } }, WIDE);
  expect(text).toContain('guard capacity (calls/s): not measured, so NOT held');
});

test('a p-value is called the least possible only where it is', () => {
  expect(renderReport(improved, WIDE)).toContain('p = 0.063 (the least that 4 pairs can give)');
  expect(renderReport(notProven, WIDE)).toMatch(/p = 0\.19$/m);
});

test('hostile text cannot write to the terminal, turn it around or pretend to be more lines', () => {
  const hostile: Result = {
    ...improved,
    id: HOSTILE,
    scenario: HOSTILE,
    reason: HOSTILE,
    target: { ...improved.target, host: HOSTILE, kernel: HOSTILE, cpu: HOSTILE, routerVersion: HOSTILE },
    baseline: improved.baseline && { ...improved.baseline, config: { [HOSTILE]: HOSTILE } },
    contenders: improved.contenders.map((contender) => ({ ...contender, name: HOSTILE })),
    winner: improved.winner && { ...improved.winner, config: { [HOSTILE]: 1 } },
    inert: [{ knob: HOSTILE, reason: HOSTILE }],
    importance: [{ knob: HOSTILE, share: 0.5 }],
    netperf: { absent: null, current: { [HOSTILE]: 1 }, winner: null },
  };
  const hostileEvents = events.map((event) =>
    event.type === 'trial' ? { ...event, trial: { ...event.trial, label: HOSTILE } } : event,
  );
  const text = renderReport(hostile, { color: false, columns: 1_000 }, hostileEvents);
  expect(text).not.toMatch(HARMFUL);
  expect(text).toContain('?[31mred? <script>');
});

test('a word that is longer than the line stays whole, to be copied', () => {
  expect(paragraph('see /a/very/long/path/of/a/file now', 10)).toBe('see\n/a/very/long/path/of/a/file\nnow');
});

test('beside each capacity stands the rate at which the CPUs are full; older results have none', () => {
  expect(renderReport(improved, WIDE)).not.toContain('CPUs are full');
  const cpuBound = { cpuMsPerCall: 0.241, fullAtCps: 4_150, capacityShare: 0.961 };
  const result: Result = { ...improved, baseline: improved.baseline && { ...improved.baseline, cpuBound } };
  expect(renderReport(result, WIDE)).toContain(
    'current: 4,150 calls/s, at 0.241 ms of CPU time a call; its capacity is 96 % of that',
  );
});

test('setup delays stand there as SIPp saw them and as the phone did, and that they disagree is said', () => {
  const trials = events.map((event) =>
    event.type === 'trial' && event.trial.label === 'current'
      ? {
          ...event,
          trial: {
            ...event.trial,
            ua: { calls: 50, failed: 0, p50Ms: 71, p95Ms: 72, p99Ms: 73, maxMs: 74 },
            meterFaults: ['the phone and SIPp disagree: …'],
          },
        }
      : event,
  );
  const text = renderReport(improved, WIDE, trials);
  expect(text).toMatch(/phone\s+│\s+│ 71\s+│ 72\s+│ 73\s+│ 74/);
  expect(text).toMatch(/In \d+ trials the phone and SIPp disagree/);
});

test('a load that is not the usual one is named, so that its rate is not taken for calls', () => {
  const load = { flow: 'register', transport: 'tcp-per-call' } as const;
  expect(renderReport({ ...improved, load }, { ...WIDE, columns: 400 })).toContain(
    ', REGISTER over TCP, a connection for each call, scenario',
  );
  expect(renderReport({ ...improved, load: { flow: 'invite' } }, WIDE)).toBe(renderReport(improved, WIDE));
});

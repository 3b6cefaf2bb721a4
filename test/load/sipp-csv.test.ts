// SIPp's statistics files, as SIPp 3.6.1 and 3.7.7 really wrote them: 500 calls at 500/s, 200 of them warm-up.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createSippCsvReader, parseSippCsv, parseSippTime } from '../../src/load/sipp-csv.ts';

const recorded = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');

test.each(['sipp-3.6.1.csv', 'sipp-3.7.7.csv', 'sipp-3.7.7-rfc3339.csv'])(
  'counters and times of %s are read by header',
  (name) => {
    const rows = parseSippCsv(recorded(name));
    expect(rows).toHaveLength(13);
    expect(rows[0]?.counters).toMatchObject({ TotalCallCreated: 0, begun: 0 });
    expect(rows.at(-1)?.counters).toMatchObject({
      TotalCallCreated: 500,
      SuccessfulCall: 500,
      CurrentCall: 0,
      begun: 300,
      answered: 300,
      completed: 300,
      Retransmissions: 0,
      WatchdogMinor: 0,
    });
    const lasted = (rows.at(-1)?.atMs ?? 0) - (rows[0]?.atMs ?? 0);
    expect(lasted).toBeGreaterThan(1_050);
    expect(lasted).toBeLessThan(1_250);
  },
);

test('both time formats mean the same instant, to the microsecond', () => {
  const epochMs = Date.UTC(2026, 10, 24, 15, 4, 42) + 941.408;
  expect(parseSippTime('2026-11-24\t16:04:42.941408\t1795532682.941408')).toBeCloseTo(epochMs, 3);
  expect(parseSippTime('2026-11-24T15:04:42.941408Z')).toBeCloseTo(epochMs, 3);
  expect(parseSippTime('2026-11-24T16:04:42.941408+01:00')).toBeCloseTo(epochMs, 3);
  expect(parseSippTime('2026-11-24T16:04:42.941408+0100')).toBeCloseTo(epochMs, 3);
  expect(parseSippTime('')).toBeNull();
});

test('a row counts once its line is complete, however the text arrives', () => {
  const text = recorded('sipp-3.6.1.csv');
  const reader = createSippCsvReader();
  for (let at = 0; at < text.length; at += 97) {
    const whole = text.slice(0, at).split('\n').length - 2;
    expect(reader.rows.length).toBe(Math.max(0, whole));
    reader.feed(text.slice(at, at + 97));
  }
  expect(reader.rows).toEqual(parseSippCsv(text));
});

test('a column that another version adds in the middle changes nothing', () => {
  const lines = recorded('sipp-3.6.1.csv').trimEnd().split('\n');
  const wider = lines.map((line, index) => {
    const fields = line.split(';');
    fields.splice(12, 0, index === 0 ? 'FailedSomethingNew(C)' : '7');
    return fields.join(';');
  });
  const [before, after] = [parseSippCsv(lines.join('\n')), parseSippCsv(wider.join('\n'))];
  expect(after.at(-1)?.counters).toEqual({ ...before.at(-1)?.counters, FailedSomethingNew: 7 });
});

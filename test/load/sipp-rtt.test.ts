// Setup-delay samples, from a file that SIPp 3.6.1 wrote, and in the volumes of a long trial.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseSippRtt } from '../../src/load/sipp-rtt.ts';

const file = readFileSync(new URL('fixtures/sipp-3.6.1-rtt.csv', import.meta.url));

test('every sample is read, the last ones too', () => {
  const { delaysMs: samples, atMs } = parseSippRtt(file, 'setup');
  expect([...atMs]).toEqual([...atMs].sort((a, b) => a - b));
  expect([atMs[0], atMs.at(-1)]).toEqual([404.001, 1000]);
  expect(samples).toHaveLength(300);
  expect(Math.min(...samples)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...samples)).toBeLessThan(100);
});

test('samples of other response times, exponents and a torn last line', () => {
  const text =
    'Date_ms;response_time_ms;rtd_no\n1.23457e+06;12.5;setup\n1.23458e+06;99;other\n1.2346e+06;1.5e+03;setup\n1.2346e+06;7';
  expect([...parseSippRtt(Buffer.from(text), 'setup').delaysMs]).toEqual([12.5, 1500]);
});

test('no sample, no file content', () => {
  expect(parseSippRtt(Buffer.alloc(0), 'setup').delaysMs).toHaveLength(0);
  expect(parseSippRtt(Buffer.from('Date_ms;response_time_ms;rtd_no\n'), 'setup').delaysMs).toHaveLength(0);
});

test('reading costs a small multiple of splitting the same text into lines', () => {
  const line = '504.001;4;setup\n';
  const big = Buffer.from(`Date_ms;response_time_ms;rtd_no\n${line.repeat(300_000)}`);
  const timed = (work: () => unknown) => {
    const start = performance.now();
    work();
    return performance.now() - start;
  };
  expect(parseSippRtt(big, 'setup').delaysMs).toHaveLength(300_000);
  const split = timed(() => big.toString('latin1').split('\n'));
  const parsed = Math.min(...[1, 2, 3].map(() => timed(() => parseSippRtt(big, 'setup'))));
  expect(parsed).toBeLessThan(split * 30);
});

// Quantities as people write them: exact where they are right, and told what is allowed where they are not.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import {
  parseBitRate,
  parseBudgetMs,
  parseBytes,
  parseCallRate,
  parseDurationMs,
  parsePercent,
} from '../../src/scenario/units.ts';

describe('quantities', () => {
  it.each([
    [8_388_608, 8_388_608],
    ['8388608', 8_388_608],
    ['8 MiB', 8_388_608],
    ['208KiB', 212_992],
    ['1.5 GiB', 1_610_612_736],
    ['64 B', 64],
  ])('%s is a size of %d bytes', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each([
    ['6m', 360_000],
    ['90s', 90_000],
    ['1m30s', 90_000],
    ['1h 2m 3s 4ms', 3_723_004],
    ['500ms', 500],
    ['1.5 s', 1500],
    [0, 0],
  ])('%s is a duration of %d ms', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  it('reads percentages as shares', () => {
    expect(parsePercent('0.1%')).toBeCloseTo(0.001, 12);
    expect(parsePercent('5 %')).toBe(0.05);
  });

  it('reads bit rates and call rates', () => {
    expect(parseBitRate('20 Mbit/s')).toBe(20_000_000);
    expect(parseBitRate('64kbit/s')).toBe(64_000);
    expect(parseCallRate('2 /s')).toBe(2);
    expect(parseCallRate('3 cps')).toBe(3);
    expect(parseCallRate(0.5)).toBe(0.5);
  });
});

describe('what is refused', () => {
  it.each([
    [() => parseBytes('8 MB'), '"8 MB" has the unit "MB"; sizes are in B, KiB, MiB or GiB; write MiB'],
    [() => parseBytes('0.3 KiB'), 'not a whole number of bytes'],
    [() => parseBytes(-1), '-1 is not a size'],
    [() => parseBytes('9'.repeat(20)), 'not a whole number of bytes within 2^53'],
    [() => parseDurationMs(500), '500 has no unit of time: use ms, s, m or h'],
    [() => parseDurationMs('5 parsecs'), 'the unit "parsecs"'],
    [() => parseDurationMs('30s1m'), 'largest unit first'],
    [() => parseDurationMs('1m 2m'), 'largest unit first'],
    [() => parseDurationMs('1m and a bit'), 'not a duration'],
    [() => parsePercent(0.001), 'write 0.001% for 0.001 percent, or 0.1% for a share of 0.001'],
    [() => parsePercent('0.001'), 'write it with its sign'],
    [() => parseBitRate('20 MB/s'), 'bit rates are in bit/s, kbit/s, Mbit/s, Gbit/s'],
    [() => parseBitRate(20), '20 has no unit'],
    [() => parseCallRate('2 /min'), 'call rates are in calls per second'],
    [() => parseBudgetMs('30s'), 'at least 3m'],
  ])('%s', (parse, message) => {
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(message);
  });

  it('is refused with a message for a person, whatever it is', () => {
    const quantities = fc.oneof(
      fc.anything(),
      fc.string(),
      fc.stringMatching(/^[0-9.]{0,30} ?[a-zA-Z%/]{0,8}$/),
      fc.double(),
    );
    fc.assert(
      fc.property(quantities, (value) => {
        for (const parse of [parseBytes, parseDurationMs, parsePercent, parseBitRate, parseCallRate])
          try {
            const amount = parse(value);
            expect(amount >= 0 && Number.isFinite(amount)).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
      }),
      { numRuns: 3000 },
    );
  });
});

// The phone and SIPp see the same load: where they do not, that is said.
import { expect, test } from 'vitest';
import { phoneDisagreement } from '../../src/load/phone-agrees.ts';

const at = (p50: number) => ({ p50, p95: p50 * 2, p99: p50 * 3, max: p50 * 4 });
const phone = (p50: number, failed = 0, calls = 50) => ({
  ...{ state: 'reported' as const, calls, failed, completed: calls - failed },
  ...{ setupMs: at(p50), failures: {} },
});

test('delays that differ by a few ms, or by less than a factor of two, agree', () => {
  expect(phoneDisagreement(phone(14), { setupMs: at(3), loss: 0 })).toBeNull();
  expect(phoneDisagreement(phone(90), { setupMs: at(60), loss: 0 })).toBeNull();
});

test('a median that is another, in either direction, is told with both numbers', () => {
  expect(phoneDisagreement(phone(80), { setupMs: at(4), loss: 0 })).toMatch(/80 ms .* 4 ms/);
  expect(phoneDisagreement(phone(4), { setupMs: at(80), loss: 0 })).toMatch(/4 ms .* 80 ms/);
});

test('calls that fail for the phone alone are told; those of a router that loses for both are not', () => {
  expect(phoneDisagreement(phone(4, 10), { setupMs: at(4), loss: 0 })).toMatch(/10 of the phone's 50 calls/);
  expect(phoneDisagreement(phone(4, 10), { setupMs: at(4), loss: 0.15 })).toBeNull();
});

test('a handful of calls says nothing', () => {
  expect(phoneDisagreement(phone(80, 0, 5), { setupMs: at(4), loss: 0 })).toBeNull();
});

// Argument lists: what keeps SIPp honest must be on every one of them.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { LoadPlan } from '../../src/load/load.ts';
import { calleeArgv, callerArgv, callOrder } from '../../src/load/sipp-argv.ts';

const side = { address: '198.18.1.1', port: 5061, bufferBytes: 4_194_304, holdMs: 500 };
const caller = (plan: LoadPlan) =>
  callerArgv({
    ...side,
    routerAddress: '198.18.0.1',
    routerPort: 5060,
    calleeAddress: '198.18.2.1',
    calleePort: 5070,
    flow: 'invite',
    order: callOrder(plan),
  });
const after = (argv: readonly string[], option: string) => argv[argv.indexOf(option) + 1];

const STEADY = { shape: 'steady', rateCps: 3000, warmupMs: 500, windowMs: 2000 } as const;
const BURST = { shape: 'burst', calls: 700 } as const;

test('a steady offer is its warm-up and exactly the planned calls', () => {
  expect(callOrder(STEADY)).toMatchObject({ uncounted: 1500, counted: 6000 });
  expect(after(caller(STEADY), '-m')).toBe('7500');
  expect(after(caller(STEADY), '-r')).toBe('3000');
});

test.each([STEADY, BURST])(
  'the limit of open calls is out of reach ($shape), so that none is skipped',
  (plan) => {
    expect(Number(after(caller(plan), '-l'))).toBeGreaterThan(Number(after(caller(plan), '-m')));
  },
);

test('the control port is bound to loopback, and differs between the two ends', () => {
  const callee = calleeArgv({ ...side, address: '198.18.2.1', port: 5070, csvFile: 'x.csv' });
  for (const argv of [caller(BURST), callee]) expect(after(argv, '-ci')).toBe('127.0.0.1');
  expect(after(caller(BURST), '-cp')).not.toBe(after(callee, '-cp'));
});

test('the flows that are named exist', () => {
  const callee = calleeArgv({ ...side, csvFile: 'x.csv' });
  for (const argv of [caller(BURST), callee]) expect(existsSync(after(argv, '-sf') ?? '')).toBe(true);
});

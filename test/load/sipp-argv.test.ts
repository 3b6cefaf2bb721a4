// Argument lists: what keeps SIPp honest must be on every one of them.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { LoadPlan } from '../../src/load/load.ts';
import { calleeArgv, callerArgv, callOrder } from '../../src/load/sipp-argv.ts';
import { scheduleArrivals } from '../../src/load/sipp-arrivals.ts';

const side = { address: '198.18.1.1', port: 5061, bufferBytes: 4_194_304, holdMs: 500 };
const caller = (plan: LoadPlan, more: Partial<Parameters<typeof callerArgv>[0]> = {}) =>
  callerArgv({
    ...side,
    routerAddress: '198.18.0.1',
    routerPort: 5060,
    calleeAddress: '198.18.2.1',
    calleePort: 5070,
    flow: 'invite',
    order: callOrder(plan),
    ...more,
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
  const flows = (['options', 'register'] as const).map((flow) => caller(BURST, { flow }));
  for (const argv of [caller(BURST), callee, ...flows])
    expect(existsSync(after(argv, '-sf') ?? '')).toBe(true);
});

test.each([
  [undefined, undefined, undefined],
  ['tcp', 't1', 't1'],
  ['tcp-per-call', 'tn', 't1'],
] as const)(
  'over %s both ends speak it, and their URIs say so to the router',
  (transport, ofCaller, ofCallee) => {
    const callee = calleeArgv({ ...side, address: '198.18.2.1', port: 5070, csvFile: 'x.csv', transport });
    const all = caller(STEADY, { transport });
    const mode = (argv: readonly string[]) => (argv.includes('-t') ? after(argv, '-t') : undefined);
    expect([mode(all), mode(callee)]).toEqual([ofCaller, ofCallee]);
    const key = (argv: readonly string[], name: string) => argv[argv.indexOf(name, argv.indexOf('-key')) + 1];
    const suffix = transport === undefined ? '' : ';transport=tcp';
    expect(key(all, 'callee')).toBe(`198.18.2.1:5070${suffix}`);
    expect(key(all, 'contact')).toBe(`198.18.1.1:5061${suffix}`);
    expect(key(callee, 'contact')).toBe(`198.18.2.1:5070${suffix}`);
  },
);

test('calls that are not evenly spaced wait in a flow of the offer’s own, and SIPp lives as long', () => {
  const arrivals = { kind: 'bursts', factor: 3, everyMs: 2_000, forMs: 500 } as const;
  const order = callOrder(STEADY);
  const schedule = scheduleArrivals(STEADY, order, arrivals, 1);
  const argv = caller(STEADY, { order: { ...order, schedule } });
  expect(after(argv, '-sf')).toBe('invite.xml');
  expect(argv).toContain('-inf');
  expect(after(argv, '-m')).toBe(after(caller(STEADY), '-m'));
  expect(schedule.leadMs).toBeGreaterThan(0);
  expect(Number.parseInt(after(argv, '-timeout') ?? '', 10)).toBeGreaterThan(2.5 + schedule.leadMs / 1_000);
});

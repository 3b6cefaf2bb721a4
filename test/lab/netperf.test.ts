// netperf between two namespaces of the lab, for real; or plainly absent.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createNetperf } from '../../src/load/netperf.ts';
import { createLab } from '../../src/targets/lab/lab.ts';
import { LAB } from '../../src/targets/lab/layout.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';

const machine = createLocalHost();
const lab = createLab(machine);
const routerHost = machine.inNetns(LAB.routerNetns);
const deps = {
  serverHost: routerHost,
  clientHost: machine.inNetns(LAB.callerNetns),
  serverAddress: LAB.routerAddress,
  serverCpus: '0',
  clientCpus: '1',
  seconds: 1,
};

beforeAll(async () => {
  await lab.up();
});
afterAll(() => lab.down());

test('measures the path from caller to router and leaves no netserver behind', async ({ skip }) => {
  const report = await createNetperf(deps).run(new AbortController().signal);
  if (report.state === 'absent') return skip(report.reason);
  expect(report.udpRrPerS).toBeGreaterThan(100);
  expect(report.tcpRrPerS).toBeGreaterThan(100);
  expect(report.udpStreamReceivedMbitPerS).toBeGreaterThan(1);
  expect(report.udpStreamReceivedMbitPerS).toBeLessThanOrEqual(report.udpStreamSentMbitPerS);
  const left = await machine.run(['ip', 'netns', 'pids', LAB.routerNetns]);
  expect(left.stdout).toBe('');
});

test('an interruption ends it, and nothing is left', async () => {
  const report = await createNetperf(deps).run(AbortSignal.abort());
  expect(report.state).toBe('absent');
  const left = await machine.run(['ip', 'netns', 'pids', LAB.routerNetns]);
  expect(left.stdout).toBe('');
});

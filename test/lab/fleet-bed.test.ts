// A campaign's test bed with several pairs of generators and a base rate: trials are judged on all calls, every process is
// metered, all traffic is known as our own, and nothing is left running.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TrialRecord } from '../../src/campaign/events.ts';
import { planFor } from '../../src/campaign/measure.ts';
import type { LoadPlan } from '../../src/load/load.ts';
import type { LoadSpec } from '../../src/scenario/scenario.ts';
import { LAB } from '../../src/targets/lab/layout.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { type LabBed, openLabBed } from '../support/lab-bed.ts';

const machine = createLocalHost();
const { notFound } = await machine.run(['kamailio', '-v']);
/** A noisy machine may spoil a trial, but not all of them. */
const ATTEMPTS = 4;
/** In places of their own, though these are the lab's again. */
const HERE = {
  caller: { netns: LAB.callerNetns, address: LAB.callerAddress },
  callee: { netns: LAB.calleeNetns, address: LAB.calleeAddress },
};
const LOAD: LoadSpec = {
  flow: 'invite',
  generators: [HERE, HERE],
  baseRateCps: 40,
  holdMs: 100,
  uaRateCps: 0,
  warmupMs: 300,
  windowMs: 2_000,
};

let lab: LabBed;

beforeAll(async () => {
  if (notFound) return;
  lab = await openLabBed({ overrides: { load: LOAD, knobs: [], contenders: [] } });
  const { current } = await lab.bed.prepare();
  expect(await lab.bed.apply(current, 'test')).toMatchObject({ state: 'applied' });
}, 60_000);

afterAll(async () => {
  if (notFound) return;
  const restored = await lab.bed.restore();
  await lab.dispose();
  expect(restored).toEqual({ complete: true, failures: [] });
  // The lab that this campaign brought up went down, which it cannot with a process in it.
  expect((await machine.run(['ip', 'netns', 'pids', LAB.callerNetns])).exitCode).not.toBe(0);
});

async function offered(plan: LoadPlan): Promise<TrialRecord> {
  let trial = await lab.bed.offer('current', plan);
  for (let attempt = 1; attempt < ATTEMPTS && trial.verdict.state === 'invalid'; attempt += 1) {
    await lab.bed.recover();
    trial = await lab.bed.offer('current', plan);
  }
  return trial;
}

test.skipIf(notFound)(
  'a steady rate: carried by the router, counted over both pairs, each process metered',
  async () => {
    const { verdict, meters } = await offered(planFor('capacityCps', 60, LOAD));
    expect(verdict).toMatchObject({ state: 'carried', plannedCalls: 120, goodCalls: 120 });
    for (const process of ['uac1', 'uac2', 'uas1', 'uas2'])
      expect(meters.processes?.[`${process}CpuPct`]).toBeGreaterThan(0);
    expect(meters.traffic?.requestsReceived).toBe(3 * (60 * 2.3));
    expect(meters.sockets?.generatorDrops).toBe(0);
  },
);

test.skipIf(notFound)(
  'a burst over the base rate: the verdict is on the calls of both, and each is told',
  async () => {
    const plan = planFor('burstCalls', 20, LOAD);
    expect(plan).toEqual({ shape: 'burst', calls: 20, baseRateCps: 40 });
    const { verdict, meters } = await offered(plan);
    const ofBase = meters.base?.plannedCalls ?? 0;
    expect(ofBase).toBeGreaterThan(40 * 3);
    expect(meters.burst).toMatchObject({ plannedCalls: 20, goodCalls: 20 });
    expect(verdict).toMatchObject({ state: 'carried', plannedCalls: 20 + ofBase, goodCalls: 20 + ofBase });
    expect(meters.burst?.p99SetupMs).toBeGreaterThanOrEqual(0);
    expect(meters.base?.p99SetupMs).toBeGreaterThanOrEqual(0);
  },
);

// One pair of generators here and one over real SSH, both in the lab's namespaces: what they offer adds up, what SIPp wrote there
// comes back, nothing stays there, and a link that is cut ends the SIPps there and spoils the trial, plainly.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrialRecord } from '../../src/campaign/events.ts';
import { planFor } from '../../src/campaign/measure.ts';
import type { LoadPlan } from '../../src/load/load.ts';
import type { LoadSpec } from '../../src/scenario/scenario.ts';
import { LAB } from '../../src/targets/lab/layout.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { type LabBed, openLabBed } from '../support/lab-bed.ts';
import { noSshServer, type SshServer, startSshServer } from '../support/ssh-server.ts';
import { startTcpRelay, type TcpRelay } from '../support/tcp-relay.ts';

const machine = createLocalHost();
const { notFound: noKamailio } = await machine.run(['kamailio', '-v']);
const missing = noSshServer ?? (noKamailio ? 'not tested: kamailio is not installed' : undefined);
/** A noisy machine may spoil a trial, but not all of them. */
const ATTEMPTS = 4;
const HERE = {
  caller: { netns: LAB.callerNetns, address: LAB.callerAddress },
  callee: { netns: LAB.calleeNetns, address: LAB.calleeAddress },
};

describe.skipIf(missing)(missing ?? 'a pair over SSH', () => {
  let server: SshServer;
  let relay: TcpRelay;
  let lab: LabBed;
  let load: LoadSpec;
  let before: readonly string[];
  const variable = 'SIPTUNE_SSH_CONFIG';
  const usual = process.env[variable];

  beforeAll(async () => {
    server = await startSshServer();
    relay = await startTcpRelay(server.port);
    process.env[variable] = server.configFile;
    before = await folders();
    load = {
      flow: 'invite',
      generators: [HERE, { ...HERE, host: { user: 'root', name: '127.0.0.1', port: relay.port } }],
      holdMs: 100,
      uaRateCps: 0,
      warmupMs: 300,
      windowMs: 1_500,
    };
    lab = await openLabBed({
      overrides: { load, knobs: [], contenders: [], safety: { deadmanMs: 10_000 } },
    });
    const { current } = await lab.bed.prepare();
    expect(await lab.bed.apply(current, 'test')).toMatchObject({ state: 'applied' });
  }, 30_000);

  afterAll(async () => {
    const restored = await lab.bed.restore();
    await lab.dispose();
    await relay.close();
    await server.stop();
    if (usual === undefined) delete process.env[variable];
    else process.env[variable] = usual;
    expect(restored).toEqual({ complete: true, failures: [] });
    expect(await folders()).toEqual(before);
  }, 30_000);

  /** Of SIPp's files, on the machine that is reached over SSH. */
  async function folders(): Promise<readonly string[]> {
    return (await readdir('/run')).filter((name) => name.startsWith('siptune-load-'));
  }

  async function offered(plan: LoadPlan): Promise<TrialRecord> {
    let trial = await lab.bed.offer('current', plan);
    for (let attempt = 1; attempt < ATTEMPTS && trial.verdict.state === 'invalid'; attempt += 1) {
      await lab.bed.recover();
      trial = await lab.bed.offer('current', plan);
    }
    return trial;
  }

  /** Calls that each pair began, by what SIPp itself wrote; and whether its other files are here. */
  async function sharesOf({ n }: TrialRecord) {
    return Promise.all(
      ['pair-1', 'pair-2'].map(async (pair) => {
        const dir = join(lab.trialDir(n), pair);
        const files = await readdir(dir);
        const [header = '', ...rows] = (await readFile(join(dir, 'sipp-caller.csv'), 'utf8'))
          .trim()
          .split('\n');
        const column = header.split(';').indexOf('TotalCallCreated');
        const rtt = files.find((name) => name.endsWith('_rtt.csv')) ?? '';
        const samples = (await readFile(join(dir, rtt), 'utf8')).trim().split('\n').length - 1;
        return {
          begun: Number(rows.at(-1)?.split(';')[column]),
          samples,
          errors: files.includes('sipp-caller.err'),
        };
      }),
    );
  }

  test('a steady rate: the counts add up, each had its share, and every process is metered', async () => {
    const trial = await offered(planFor('capacityCps', 60, load));
    expect(trial.verdict).toMatchObject({ state: 'carried', plannedCalls: 90, goodCalls: 90 });
    expect(await sharesOf(trial)).toEqual([
      { begun: 54, samples: 45, errors: true },
      { begun: 54, samples: 45, errors: true },
    ]);
    for (const process of ['uac1', 'uac2', 'uas1', 'uas2'])
      expect(trial.meters.processes?.[`${process}CpuPct`], process).toBeGreaterThan(0);
    expect(trial.meters.traffic?.requestsReceived).toBe(3 * 60 * 1.8);
    expect(trial.meters.sockets?.generatorDrops).toBe(0);
  }, 30_000);

  test('a burst: both parts leave together over a long link, too', async () => {
    relay.setDelayMs(5);
    const trial = await offered(planFor('burstCalls', 61, load)).finally(() => relay.setDelayMs(0));
    expect(trial.verdict).toMatchObject({ state: 'carried', plannedCalls: 61, goodCalls: 61 });
    expect((await sharesOf(trial)).map(({ begun }) => begun)).toEqual([31, 30]);
  }, 30_000);

  test('a link that is cut ends the SIPps there, and the trial is invalid', async () => {
    const trial = lab.bed.offer('current', planFor('capacityCps', 60, { ...load, windowMs: 6_000 }));
    await expect.poll(sippsOverSsh, { timeout: 5_000 }).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    relay.cut();
    const cutMs = performance.now();
    await expect.poll(sippsOverSsh, { timeout: 5_000 }).toEqual([]);
    const { verdict } = await trial;
    expect(performance.now() - cutMs).toBeLessThan(15_000);
    expect(verdict).toMatchObject({
      state: 'invalid',
      reason: expect.stringMatching(/pair 2 \(198\.18\.1\.1:5100 on ssh:.*the connection to ssh:.* was lost/),
    });
    // The connection can be had again, and so can the pair.
    const after = await offered(planFor('capacityCps', 60, load));
    expect(after.verdict).toMatchObject({ state: 'carried', goodCalls: 90 });
  }, 45_000);

  /** SIPps with the ports of the second pair. */
  async function sippsOverSsh(): Promise<readonly string[]> {
    const { stdout } = await machine.run(['ps', '-C', 'sipp', '-o', 'args=']);
    return stdout.split('\n').filter((line) => / -p 510[01] /.test(line));
  }
});

// Whole campaigns on the real lab, through the program: a verdict within the budget, and the machine as it was,
// whatever happens in the middle.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readJournal } from '../../src/store/journal.ts';
import type { Result } from '../../src/store/result.ts';
import { LAB } from '../../src/targets/lab/layout.ts';
import { LONG_TESTS } from '../support/long-tests.ts';
import { campaignDir, machineState, siptune, untilEvent, writeScenario } from '../support/real-run.ts';

const MINUTES = 60_000;

let folder = '';
let results = '';
let before: Readonly<Record<string, string>> = {};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-campaign-'));
  results = join(folder, 'results');
  before = await machineState();
});
afterEach(async () => {
  await siptune(folder, 'restore').ended;
  await siptune(folder, 'lab', 'down').ended;
  await rm(folder, { recursive: true });
  expect(await machineState()).toEqual(before);
});

const isTrial = (label: string) => (event: { type: string }) =>
  event.type === 'trial' && (event as { trial?: { label: string } }).trial?.label === label;

test(
  'three minutes: a verdict in time, everything measured, everything put back, and every command can read it',
  async () => {
    const scenario = await writeScenario(folder);
    const startMs = performance.now();
    const { status, stdout, stderr } = await siptune(folder, 'run', scenario, '--json').ended;
    expect(performance.now() - startMs).toBeLessThan(3.5 * MINUTES);
    const result: Result = JSON.parse(stdout);
    expect(result.restored).toBe(true);
    expect(await machineState()).toEqual(before);
    // A machine on which something else runs may spoil every trial, and that is then the outcome.
    if (result.verdict === 'aborted') expect(result.reason).toMatch(/invalid trials in a row/);
    else expect(status).toBe(result.verdict === 'improved' ? 0 : 1);
    expect(result.baseline?.burstCalls?.estimate).toBeGreaterThan(10);
    expect(result.trials.carried).toBeGreaterThan(1);
    expect(result.netperf.absent === null || /netperf/.test(result.netperf.absent)).toBe(true);
    // Progress: phases, trials, time.
    expect(stderr).toMatch(
      /Measuring what the system has today[\s\S]*trial 1, current: [\s\S]*Putting every setting back/,
    );

    const dir = (await campaignDir(results)) ?? '';
    expect(await readdir(dir)).toEqual(
      expect.arrayContaining(['journal.jsonl', 'result.json', 'scenario.yaml', 'trials']),
    );
    const { events } = await readJournal(join(dir, 'journal.jsonl'));
    const firstWrite = events.findIndex(({ type }) => type === 'write');
    const complete = events.findIndex(({ type }) => type === 'originals-complete');
    expect(complete).toBeGreaterThan(0);
    expect(firstWrite).toBeGreaterThan(complete);

    const report = await siptune(folder, 'report').ended;
    expect(report).toMatchObject({ status: 0, stderr: '' });
    expect(report.stdout).toMatch(/current[\s\S]*article/);
    const compared = await siptune(folder, 'compare', result.id, result.id).ended;
    expect(compared.stdout).toMatch(/The settings are the same/);
    const exported = await siptune(folder, 'export').ended;
    expect(exported.status).toBe(result.verdict === 'improved' ? 0 : 1);
  },
  4 * MINUTES,
);

describe('cut short', () => {
  test('Ctrl-C ends it restored, with status 130', async () => {
    const run = siptune(folder, 'run', await writeScenario(folder));
    await untilEvent(run, results, isTrial('current'));
    run.child.kill('SIGINT');
    const { status, stderr, stdout } = await run.ended;
    expect(status).toBe(130);
    expect(stderr).toMatch(/SIGINT received: stopping, and putting everything back/);
    expect(stdout).toMatch(/^Aborted: interrupted/);
    expect(await machineState()).toEqual(before);
  });

  // The short run has it in safety.test.ts, at other moments.
  test.runIf(LONG_TESTS)(
    'kill -9, then restore from another process; the second restore has nothing to do',
    async () => {
      const run = siptune(folder, 'run', await writeScenario(folder));
      await untilEvent(run, results, isTrial('article'));
      run.child.kill('SIGKILL');
      await run.ended;
      const left = await machineState();
      expect(left['net.core.rmem_default']).toBe('10485760');
      expect(left.namespaces).not.toBe('');

      const first = await siptune(folder, 'restore').ended;
      expect(first.status).toBe(0);
      expect(first.stdout).toMatch(/put back/);
      expect(await machineState()).toEqual(before);
      const second = await siptune(folder, 'restore').ended;
      expect(second).toMatchObject({ status: 0 });
      expect(second.stdout).toMatch(/^Nothing to restore/);
    },
  );

  test('a router that is killed in a trial: the trial is failed, and the campaign goes on', async () => {
    const run = siptune(folder, 'run', await writeScenario(folder));
    const started = await untilEvent(run, results, isTrial('current'));
    expect(started).toBeDefined();
    await killRouter((await campaignDir(results)) ?? '');
    const failed = await untilEvent(
      run,
      results,
      (event) => event.type === 'trial' && event.trial.verdict.state === 'failed',
    );
    expect(failed).toMatchObject({ trial: { verdict: { reason: expect.stringMatching(/router/) } } });
    const seen = (failed as { trial: { n: number } }).trial.n;
    const later = await untilEvent(
      run,
      results,
      (event) => event.type === 'trial' && event.trial.n > seen && event.trial.verdict.state !== 'failed',
    );
    expect(later).toBeDefined();
    run.child.kill('SIGINT');
    expect((await run.ended).status).toBe(130);
    expect(await machineState()).toEqual(before);
  });
});

describe('what cannot start', () => {
  test('a configuration that the router refuses: its own last lines, and nothing is left', async () => {
    const config = join(folder, 'broken.cfg');
    await writeFile(config, 'request_route {\n  no_such_function();\n}\n');
    const { status, stdout } = await siptune(
      folder,
      'run',
      await writeScenario(folder, { router: { kind: 'kamailio', config } }),
    ).ended;
    expect(status).toBe(3);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/does not start as it is today/);
    expect(stdout).toContain(`${config}, line 2`);
    expect(await machineState()).toEqual(before);
  });

  test('a port in use: by whom', async () => {
    await siptune(folder, 'lab', 'up').ended;
    const bind = `require('dgram').createSocket('udp4').bind(${LAB.routerPort}, '${LAB.routerAddress}', () => console.log('bound'))`;
    const squatter = spawn('ip', ['netns', 'exec', LAB.routerNetns, process.execPath, '-e', bind]);
    await once(squatter.stdout, 'data');
    try {
      const { status, stdout } = await siptune(folder, 'run', await writeScenario(folder)).ended;
      expect(status).toBe(3);
      expect(stdout.replace(/\s+/g, ' ')).toMatch(
        new RegExp(
          `UDP port ${LAB.routerPort} of ${LAB.routerAddress}.* is in use by node .*PID ${squatter.pid}`,
        ),
      );
    } finally {
      squatter.kill();
    }
    // The lab was up before: it is not the campaign's to take down.
    expect((await siptune(folder, 'lab', 'status').ended).stdout).toMatch(/^lab: up/);
  });

  test('a lab of somebody’s with another link is refused, and stays as it is', async () => {
    await siptune(folder, 'lab', 'up', '--egress', '20 Mbit/s').ended;
    const there = (await siptune(folder, 'lab', 'status').ended).stdout;
    const { status, stdout, stderr } = await siptune(folder, 'run', await writeScenario(folder)).ended;
    expect(status).toBe(3);
    expect((stdout + stderr).replace(/\s+/g, ' ')).toMatch(
      /the lab is up already, with a limit of 20 Mbit\/s .* siptune lab down/,
    );
    expect((await siptune(folder, 'lab', 'status').ended).stdout).toBe(there);
  });
});

async function killRouter(dir: string): Promise<void> {
  const pid = Number(await readFile(join(dir, 'router', 'kamailio.pid'), 'utf8'));
  expect(pid).toBeGreaterThan(1);
  process.kill(pid, 'SIGKILL');
}

// A long link: how much longer a campaign's work takes over 100 ms of round trip than over none. Both in one run and over
// one connection, in turns, so that a busy machine slows both.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLiveTestBed } from '../../src/campaign/live-test-bed.ts';
import { openTarget } from '../../src/campaign/open-target.ts';
import { systemClock } from '../../src/clock.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import type { LoadPlan } from '../../src/load/load.ts';
import { formatProblems, loadScenario } from '../../src/scenario/load-scenario.ts';
import { createLab } from '../../src/targets/lab/lab.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { writeLabScenario } from '../support/lab-over-ssh.ts';
import { LONG_TESTS } from '../support/long-tests.ts';
import { noSshServer, type SshServer, startSshServer } from '../support/ssh-server.ts';
import { startTcpRelay, type TcpRelay } from '../support/tcp-relay.ts';

const ONE_WAY_MS = 50;
const TURNS = 4;
const MOST = 1.3;

const machine = createLocalHost();
const lab = createLab(machine);
const { notFound } = await machine.run(['kamailio', '-v']);
const absent =
  noSshServer ??
  (notFound
    ? "not tested: Debian's package kamailio is not installed"
    : LONG_TESTS
      ? undefined
      : 'a campaign over a long link is a long test');

describe.skipIf(absent)(absent ?? 'a campaign over a long link', () => {
  let server: SshServer;
  let relay: TcpRelay;
  beforeAll(async () => {
    await lab.up();
    server = await startSshServer();
    relay = await startTcpRelay(server.port);
    process.env.SIPTUNE_SSH_CONFIG = server.configFile;
  });
  afterAll(async () => {
    delete process.env.SIPTUNE_SSH_CONFIG;
    await relay.close();
    await server.stop();
    await lab.down();
  });

  test(`takes at most ${MOST} times as long`, { timeout: 290_000 }, async () => {
    const loaded = await loadScenario(await writeLabScenario(server.folder, relay.port), CATALOGUE);
    if (loaded.state === 'invalid') expect.unreachable(formatProblems(loaded.problems));
    const { scenario } = loaded;
    const signal = new AbortController().signal;
    const emit = async () => {};
    const target = openTarget({
      ...{ scenario, campaign: 'ssh-latency', machine, emit, clock: systemClock },
      workDir: join(server.folder, 'router'),
    });
    const bed = createLiveTestBed({
      ...{ scenario, emit, signal, clock: systemClock },
      openTarget: target.open,
      closeTarget: target.close,
      safeguard: target.safeguard,
      trialDir: (n) => join(server.folder, `trial-${n}`),
    });
    await mkdir(join(server.folder, 'router'), { recursive: true });
    const spentMs = new Map<string, [near: number, far: number]>();
    const timed = async (what: string, far: boolean, work: () => Promise<{ state: string } | string>) => {
      const startMs = performance.now();
      const outcome = await work();
      const sums = spentMs.get(what) ?? [0, 0];
      sums[far ? 1 : 0] += performance.now() - startMs;
      spentMs.set(what, sums);
      return outcome;
    };
    const offer = (plan: LoadPlan) => async () => (await bed.offer('test', plan)).verdict.state;
    try {
      await bed.prepare();
      for (let turn = 0; turn <= 2 * TURNS; turn++) {
        const far = turn % 2 === 1;
        relay.setDelayMs(far ? ONE_WAY_MS : 0);
        const configuration = {
          'net.core.rmem_default': 300_000 + turn * 4096,
          'router.workers': 2 + (turn % 3),
        };
        const work = {
          apply: () => bed.apply(configuration, 'a test'),
          burst: offer({ shape: 'burst', calls: 40 }),
          recover: () => bed.recover(),
          steady: offer({ shape: 'steady', rateCps: 200, warmupMs: 500, windowMs: 2_000 }),
        };
        for (const [what, step] of Object.entries(work)) {
          // The first turn is there to warm up.
          const outcome = turn === 0 ? await step() : await timed(what, far, step);
          expect(['applied', 'carried', 'overloaded', 'invalid']).toContain(
            typeof outcome === 'string' ? outcome : outcome.state,
          );
        }
      }
    } finally {
      relay.setDelayMs(0);
      expect(await bed.restore()).toEqual({ complete: true, failures: [] });
      await target.disconnect();
    }
    const rows = [...spentMs].map(
      ([what, [near, far]]) =>
        `${what}: ${(near / TURNS).toFixed(0)} ms near, ${(far / TURNS).toFixed(0)} ms far`,
    );
    const [near, far] = [...spentMs.values()].reduce((sum, one) => [sum[0] + one[0], sum[1] + one[1]]);
    console.info(`${rows.join('; ')}; ratio ${(far / near).toFixed(3)}`);
    expect(far / near, rows.join('; ')).toBeLessThan(MOST);
  });
});

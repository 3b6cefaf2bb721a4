// A router that carries calls is not staging: a second SIPp plays the calls of somebody else, before and during a campaign.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { refuseForeignTraffic } from '../../src/campaign/guards/before-campaign.ts';
import { systemClock } from '../../src/clock.ts';
import { UserError } from '../../src/errors.ts';
import { createRouter } from '../../src/routers/create-router.ts';
import type { RunningCommand } from '../../src/targets/host.ts';
import { createLab } from '../../src/targets/lab/lab.ts';
import { LAB } from '../../src/targets/lab/layout.ts';
import { createLabTarget } from '../../src/targets/lab-target.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import { labCampaign } from '../support/lab-campaign.ts';
import { LONG_TESTS } from '../support/long-tests.ts';

const machine = createLocalHost();
const lab = createLab(machine);
const repo = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const here = {
  kamailio: !(await machine.run(['kamailio', '-v'])).notFound,
  opensips: !(await machine.run([process.env.OPENSIPS_BIN ?? 'opensips', '-V'])).notFound,
};
const tcpdump = !(await machine.run(['tcpdump', '--version'])).notFound;

let dir = '';
let foreign: RunningCommand | undefined;
beforeEach(async () => {
  await lab.down();
  dir = await mkdtemp(join(tmpdir(), 'siptune-test-foreign-'));
});
afterEach(async () => {
  foreign?.kill('SIGKILL');
  await foreign?.exited;
  foreign = undefined;
  await lab.down();
  await rm(dir, { recursive: true });
});

/** Asks the router itself, from a port that siptune does not use. */
async function callFromElsewhere(rateCps: number): Promise<void> {
  foreign = await machine
    .inNetns(LAB.callerNetns)
    .spawn(
      [
        ...['sipp', `${LAB.routerAddress}:${LAB.routerPort}`, '-sf', repo('scenarios/flows/options.xml')],
        ...['-i', LAB.callerAddress, '-p', '5066', '-ci', '127.0.0.1', '-cp', '15966', '-s', 'foreign'],
        ...['-key', 'callee', `${LAB.routerAddress}:${LAB.routerPort}`, '-key', 'uncounted', '0'],
        ...['-key', 'contact', `${LAB.callerAddress}:5066`],
        ...['-r', String(rateCps), '-l', '100000', '-nostdin'],
      ],
      { cwd: dir, stdoutFile: '/dev/null', stderrFile: join(dir, 'foreign.err') },
    );
}

/** Without it these tests would show nothing. */
async function expectForeignCalls(): Promise<void> {
  const said = await readFile(join(dir, 'foreign.err'), 'utf8');
  expect(await machine.run(['ps', '-o', 'stat=', '-p', String(foreign?.pid)]), said).toMatchObject({
    exitCode: 0,
    stdout: expect.not.stringContaining('Z'),
  });
}

(LONG_TESTS ? describe : describe.skip).each(['kamailio', 'opensips'] as const)('%s', (kind) => {
  test.skipIf(!here[kind])(
    'a router that carries somebody’s calls is refused before anything is written',
    async () => {
      await lab.up();
      const router = createRouter({
        host: machine.inNetns(LAB.routerNetns),
        spec: {
          kind,
          binary: undefined,
          config: repo(`scenarios/routers/${kind}.cfg`),
          service: undefined,
          settings: {},
        },
        listen: { address: LAB.routerAddress, port: LAB.routerPort },
        cpus: undefined,
        workDir: dir,
        clock: systemClock,
      });
      const started = await router.start({
        workers: 2,
        maxbufferBytes: 262_144,
        shmMib: 64,
        pkgMib: 8,
        allocator: 'qm',
      });
      expect(started.state).toBe('ready');
      try {
        await callFromElsewhere(20);
        // A service answers for itself.
        const target = await createLabTarget(
          machine,
          {
            target: { kind: 'lab', egressBitsPerS: undefined },
            router: { kind, binary: undefined, config: undefined, service: undefined, settings: {} },
          },
          dir,
          systemClock,
        );
        await expectForeignCalls();
        const signal = new AbortController().signal;
        await expect(refuseForeignTraffic({ ...target, router }, systemClock, signal)).rejects.toThrow(
          /receives (1\d|2\d) SIP messages\/s that siptune did not send/,
        );
        const refused = await labCampaign({ router: kind }).catch((error: unknown) => error);
        expect(refused).toBeInstanceOf(UserError);
        expect((refused as UserError).exitStatus).toBe(3);
        const said = (refused as UserError).message;
        // Only tcpdump or the namespace can count here: the router that runs is not siptune's to ask.
        const rate = Number(/receives (\d+) (?:SIP messages|UDP datagrams)\/s/.exec(said)?.[1]);
        expect(rate).toBeGreaterThan(12);
        expect(rate).toBeLessThan(30);
        expect(said).toContain(tcpdump ? `from ${LAB.callerAddress}:5066` : 'peers unknown: install tcpdump');
        expect(said).toContain('background: allowed');
      } finally {
        await router.stop();
      }
    },
  );

  test.skipIf(!here[kind])('calls that begin in mid-campaign end it, restored, with their rate', async () => {
    const { result, trials } = await labCampaign({
      router: kind,
      onEvent: async (event) => {
        if (event.type === 'trial' && event.trial.n === 2) await callFromElsewhere(200);
      },
    });
    expect(result).toMatchObject({ verdict: 'aborted', restored: true });
    expect(result.reason).toMatch(
      /the router received \d+ (SIP requests|UDP datagrams)\/s that siptune did not send/,
    );
    expect(result.reason).toContain(tcpdump ? `${LAB.callerAddress}:5066` : 'peers unknown: install tcpdump');
    expect(trials.at(-1)?.verdict.state).toBe('invalid');
    expect(trials.length).toBeLessThan(8);
  });

  test.skipIf(!here[kind])('background: allowed lets them be', async () => {
    const stop = new AbortController();
    const { result } = await labCampaign({
      router: kind,
      overrides: { background: 'allowed' },
      signal: stop.signal,
      onEvent: async (event) => {
        if (event.type !== 'trial') return;
        if (event.trial.n === 2) await callFromElsewhere(200);
        if (event.trial.n < 6) return;
        await expectForeignCalls();
        stop.abort();
      },
    });
    expect(result).toMatchObject({ reason: 'interrupted', restored: true });
  });
});

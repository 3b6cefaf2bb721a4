// Every flow, transport and shape of arrivals through a real router with its ready-made configuration: each planned call is
// carried and counted, and the router receives what was sent, no more.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTrafficGuard } from '../../src/campaign/guards/during-trial.ts';
import { systemClock } from '../../src/clock.ts';
import { arrivalTimesMs } from '../../src/load/arrivals.ts';
import type { LoadPlan, LoadReport, SteadyPlan } from '../../src/load/load.ts';
import { createSippLoad, type SippDeps } from '../../src/load/sipp.ts';
import { callOrder } from '../../src/load/sipp-argv.ts';
import { createNamespaceFiles } from '../../src/meters/namespace-files.ts';
import { createTcpMeter } from '../../src/meters/tcp.ts';
import { ROUTER_DEFAULTS } from '../../src/routers/config-settings.ts';
import { createRouter } from '../../src/routers/create-router.ts';
import type { RouterKind } from '../../src/routers/router.ts';
import type { Arrivals } from '../../src/scenario/scenario.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import type { Target } from '../../src/targets/target.ts';

const NETNS = 'siptune-test-flows';
const ROUTER = { address: '198.18.200.1', port: 5060 };
const CALLER = '198.18.200.2';
const CALLEE = '198.18.200.3';
const STEADY: SteadyPlan = { shape: 'steady', rateCps: 50, warmupMs: 400, windowMs: 1_000 };
const BURST: LoadPlan = { shape: 'burst', calls: 40 };

const machine = createLocalHost();
const inside = machine.inNetns(NETNS);
const ip = async (...args: string[]) =>
  expect(await machine.run(['ip', ...args])).toMatchObject({ exitCode: 0 });

beforeAll(async () => {
  await machine.run(['ip', 'netns', 'del', NETNS]);
  await ip('netns', 'add', NETNS);
  await ip('-n', NETNS, 'link', 'set', 'lo', 'up');
  for (const address of [ROUTER.address, CALLER, CALLEE])
    await ip('-n', NETNS, 'addr', 'add', `${address}/32`, 'dev', 'lo');
});
afterAll(async () => {
  // Whatever a test did: nothing runs on.
  expect((await machine.run(['ip', 'netns', 'pids', NETNS])).stdout).toBe('');
  await ip('netns', 'del', NETNS);
});

const { notFound: noKamailio } = await machine.run(['kamailio', '-v']);
const ABSENT: Readonly<Record<RouterKind, boolean>> = {
  kamailio: noKamailio === true,
  opensips: !process.env.OPENSIPS_BIN,
};

describe.each(['kamailio', 'opensips'] as const)('%s', (kind) => {
  let workDir = '';
  let rawDir = '';
  let load: ReturnType<typeof createSippLoad> | undefined;
  let router: ReturnType<typeof createRouter>;

  beforeAll(async () => {
    if (ABSENT[kind]) return;
    workDir = await mkdtemp(join(tmpdir(), 'siptune-test-flows-'));
    router = createRouter({
      host: inside,
      spec: {
        kind,
        binary: undefined,
        config: fileURLToPath(new URL(`../../scenarios/routers/${kind}.cfg`, import.meta.url)),
        service: undefined,
        settings: {},
      },
      listen: ROUTER,
      tcp: true,
      cpus: undefined,
      workDir,
      clock: systemClock,
    });
    const started = await router.start({ ...ROUTER_DEFAULTS[kind], workers: 2 });
    expect(started).toMatchObject({ state: 'ready' });
  });
  afterAll(async () => {
    if (ABSENT[kind]) return;
    await router.stop();
    await rm(workDir, { recursive: true });
  });
  beforeEach(async () => {
    rawDir = await mkdtemp(join(tmpdir(), 'siptune-test-flows-'));
  });
  afterEach(async () => {
    await load?.close();
    load = undefined;
    await rm(rawDir, { recursive: true });
  });

  /** One offer, with the guard that compares what was sent to what the router received. */
  async function offered(plan: LoadPlan, deps: Partial<SippDeps> = {}) {
    const endpoint = (address: string, port: number) => ({ host: inside, address, port });
    load ??= createSippLoad({
      caller: endpoint(CALLER, 5061),
      callee: endpoint(CALLEE, 5070),
      routerAddress: ROUTER.address,
      routerPort: ROUTER.port,
      flow: 'invite',
      holdMs: 100,
      cpus: '0',
      clock: systemClock,
      // What the kernel grants everywhere without headroom.
      bufferBytes: 200_000,
      withBufferHeadroom: (start) => start(),
      seed: 1,
      ...deps,
    });
    await load.open(rawDir);
    const target = { router, routerHost: inside, routerAddress: ROUTER.address, routerPort: ROUTER.port };
    const guard = createTrafficGuard(target as Target, { phoneRateCps: 0, allowed: false }, systemClock);
    const watched = await guard.begin(load);
    const signal = new AbortController().signal;
    const report = await watched.load.offer(plan, { rawDir, signal, trial: 3, onWindow: () => {} });
    return { report, traffic: await watched.end(plan) };
  }

  function expectAllCarried({ report, traffic }: Awaited<ReturnType<typeof offered>>, calls: number) {
    expect(report).toMatchObject({
      plannedCalls: calls,
      createdCalls: calls,
      successfulCalls: calls,
      retransmissions: 0,
      unexpectedResponses: {},
    });
    expect(report.setupDelaysMs).toHaveLength(calls);
    expect(soundFaults(report)).toEqual([]);
    expect(traffic.foreign).toBeNull();
    expect(traffic.report.requestsReceived).toBeGreaterThanOrEqual(calls);
    expect(traffic.report.requestsReceived).toBeLessThanOrEqual(traffic.report.requestsSentAtMost ?? 0);
  }

  describe.skipIf(ABSENT[kind])('carries and counts every planned call', { retry: 2 }, () => {
    test.each([
      ['register', 'udp'],
      ['options', 'udp'],
      ['invite', 'tcp'],
      ['invite', 'tcp-per-call'],
      ['register', 'tcp-per-call'],
    ] as const)('%s over %s: a steady trial and a burst', async (flow, over) => {
      const transport = over === 'udp' ? undefined : over;
      const meter = createTcpMeter(createNamespaceFiles(machine, inside, systemClock), systemClock);
      await meter.start({ rawDir, processes: () => [] });
      expectAllCarried(await offered(STEADY, { flow, transport }), 50);
      expectAllCarried(await offered(BURST), 40);
      const { acceptedConnections = 0 } = (await meter.stop()).report;
      // Warm-up, window and burst.
      const connections = { 'tcp-per-call': 110, tcp: 2 };
      if (transport === undefined) expect(acceptedConnections).toBe(0);
      else expect(acceptedConnections).toBeGreaterThanOrEqual(connections[transport]);
    });

    test('connections that the router closes are calls that it lost, not a fault of SIPp', async () => {
      // What the caller would open beside it goes to a listener that hangs up on each.
      const hangUp = await inside.spawn([process.execPath, '-e', HANG_UP_SCRIPT, CALLEE, '5099']);
      try {
        await expect
          .poll(async () => (await inside.run(['ss', '-Htln', 'sport = :5099'])).stdout, { timeout: 10_000 })
          .not.toBe('');
        const deps = { transport: 'tcp-per-call', routerAddress: CALLEE, routerPort: 5099 } as const;
        const { report } = await offered(STEADY, deps);
        expect(report).toMatchObject({ plannedCalls: 50, successfulCalls: 0 });
        expect(soundFaults(report)).toEqual([]);
      } finally {
        hangUp.kill('SIGKILL');
        await hangUp.exited;
      }
    });

    test.each<Arrivals>([{ kind: 'poisson' }, { kind: 'bursts', factor: 5, everyMs: 500, forMs: 80 }])(
      'arrivals $kind: each call leaves when it was planned to',
      async (arrivals) => {
        const plan: SteadyPlan = { ...STEADY, rateCps: 100 };
        expectAllCarried(await offered(plan, { arrivals }), 100);
        const seed = 1 + 3 * 2 ** 32;
        const order = callOrder(plan);
        const planned = arrivalTimesMs(plan, order, arrivals, seed).subarray(order.uncounted);
        const sent = await sendingTimesMs(rawDir);
        expect(sent).toHaveLength(100);
        // Where the clocks begin does not matter.
        const shifts = sent.map((time, index) => time - (planned[index] ?? 0)).sort((a, b) => a - b);
        const middle = shifts[50] ?? 0;
        const late = shifts.filter((shift) => Math.abs(shift - middle) > 25);
        expect(late.length).toBeLessThan(10);
      },
    );
  });
});

/** Resets each connection once it has sent something. */
const HANG_UP_SCRIPT = `
const [address, port] = process.argv.slice(1);
require('node:net').createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () => socket.resetAndDestroy());
}).listen(Number(port), address);`;

/** A generator without enough CPU is the only excuse. */
function soundFaults({ generatorFaults }: LoadReport): readonly string[] {
  return generatorFaults.filter((fault) => !/stood still|to leave|fell behind|were offered/.test(fault));
}

/** From SIPp's own samples: when the response came, less the time that it took. */
async function sendingTimesMs(dir: string): Promise<readonly number[]> {
  const name = (await readdir(dir)).find((file) => file.endsWith('_rtt.csv')) ?? '';
  const lines = (await readFile(join(dir, name), 'latin1')).trim().split('\n').slice(1);
  return lines
    .map((line) => line.split(';').map(Number))
    .map(([atMs = 0, tookMs = 0]) => atMs - tookMs)
    .sort((a, b) => a - b);
}

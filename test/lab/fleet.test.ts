// Several pairs of real SIPps through a real router: their sum is what it carries and counts, and one that is lost is named.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openGenerators } from '../../src/campaign/generators.ts';
import { createTrafficGuard } from '../../src/campaign/guards/during-trial.ts';
import { judgeTrial } from '../../src/capacity/judge.ts';
import { systemClock } from '../../src/clock.ts';
import type { CallLoad, GeneratorProcess, LoadContext, LoadPlan, LoadReport } from '../../src/load/load.ts';
import { basePlan } from '../../src/load/over-base.ts';
import { callOrder } from '../../src/load/sipp-argv.ts';
import { ROUTER_DEFAULTS } from '../../src/routers/config-settings.ts';
import { createRouter } from '../../src/routers/create-router.ts';
import type { LoadSpec } from '../../src/scenario/scenario.ts';
import { generatorPairs } from '../../src/targets/generator-pairs.ts';
import { createLocalHost } from '../../src/targets/local-host.ts';
import type { Target } from '../../src/targets/target.ts';
import { readTargetFacts } from '../../src/targets/target-facts.ts';

const NETNS = 'siptune-test-fleet';
const ROUTER = { address: '198.18.201.1', port: 5060 };
const CALLER = '198.18.201.2';
const CALLEE = '198.18.201.3';
const STEADY: LoadPlan = { shape: 'steady', rateCps: 125, warmupMs: 200, windowMs: 600 };

const machine = createLocalHost();
const inside = machine.inNetns(NETNS);
const ip = async (...args: string[]) =>
  expect(await machine.run(['ip', ...args])).toMatchObject({ exitCode: 0 });
const { notFound: noKamailio } = await machine.run(['kamailio', '-v']);
const withRouter = test.skipIf(noKamailio === true);

let workDir = '';
let rawDir = '';
let router: ReturnType<typeof createRouter>;
let load: CallLoad | undefined;

beforeAll(async () => {
  await machine.run(['ip', 'netns', 'del', NETNS]);
  await ip('netns', 'add', NETNS);
  await ip('-n', NETNS, 'link', 'set', 'lo', 'up');
  for (const address of [ROUTER.address, CALLER, CALLEE])
    await ip('-n', NETNS, 'addr', 'add', `${address}/32`, 'dev', 'lo');
  workDir = await mkdtemp(join(tmpdir(), 'siptune-test-fleet-'));
  router = createRouter({
    host: inside,
    spec: {
      kind: 'kamailio',
      binary: undefined,
      config: fileURLToPath(new URL('../../scenarios/routers/kamailio.cfg', import.meta.url)),
      service: undefined,
      settings: {},
    },
    listen: ROUTER,
    cpus: undefined,
    workDir,
    clock: systemClock,
  });
  if (noKamailio !== true)
    expect(await router.start({ ...ROUTER_DEFAULTS.kamailio, workers: 2 })).toMatchObject({ state: 'ready' });
});
afterAll(async () => {
  if (noKamailio !== true) await router.stop();
  expect((await machine.run(['ip', 'netns', 'pids', NETNS])).stdout).toBe('');
  await ip('netns', 'del', NETNS);
  await rm(workDir, { recursive: true });
});
beforeEach(async () => {
  rawDir = await mkdtemp(join(tmpdir(), 'siptune-test-fleet-'));
});
afterEach(async () => {
  await load?.close();
  load = undefined;
  await rm(rawDir, { recursive: true });
});

async function target(more: Partial<Target> = {}): Promise<Target> {
  const own = {
    caller: { host: inside, address: CALLER, port: 5061 },
    callee: { host: inside, address: CALLEE, port: 5070 },
  };
  const parts: Partial<Target> = {
    ...{ router, routerHost: inside, routerAddress: ROUTER.address, routerPort: ROUTER.port },
    ...own,
    pairs: generatorPairs(own, undefined, { machine, routerPort: ROUTER.port }),
    loadCpus: '0',
    sharesKernel: true,
    facts: await readTargetFacts(machine),
    ...more,
  };
  return parts as Target;
}

async function generators(spec: Partial<LoadSpec>, on: Target, events: object[] = []): Promise<CallLoad> {
  load = await openGenerators({
    target: on,
    load: { flow: 'invite', holdMs: 100, uaRateCps: 0, warmupMs: 500, windowMs: 1_000, ...spec },
    statePath: workDir,
    mostCps: 500,
    emit: async (event) => void events.push(event),
    signal: new AbortController().signal,
    sipp: {
      routerAddress: ROUTER.address,
      routerPort: ROUTER.port,
      flow: 'invite',
      holdMs: 100,
      seed: 1,
      ...(spec.arrivals ? { arrivals: spec.arrivals } : {}),
      clock: systemClock,
      // What the kernel grants everywhere without headroom.
      bufferBytes: 200_000,
      withBufferHeadroom: (start) => start(),
    },
  });
  return load;
}

async function offered(plan: LoadPlan, spec: Partial<LoadSpec>, more: Partial<LoadContext> = {}) {
  const on = await target();
  const bench = await generators(spec, on);
  await bench.open(rawDir);
  const guard = createTrafficGuard(on, { phoneRateCps: 0, allowed: false }, systemClock);
  const watched = await guard.begin(bench);
  const edges: string[] = [];
  const report = await watched.load.offer(plan, {
    rawDir,
    trial: 3,
    signal: new AbortController().signal,
    onWindow: (edge) => edges.push(edge),
    ...more,
  });
  return { report, edges, traffic: await watched.end(plan) };
}

/** A generator without enough CPU is the only excuse. */
function soundFaults({ generatorFaults }: LoadReport): readonly string[] {
  return generatorFaults.filter((fault) => !/stood still|to leave|fell behind|were offered/.test(fault));
}

withRouter.each<[string, LoadPlan, Partial<LoadSpec>, number, number]>([
  ['a steady rate', STEADY, {}, 75, 25 + 75],
  ['Poisson arrivals', STEADY, { arrivals: { kind: 'poisson' } }, 75, 25 + 75],
  ['a burst', { shape: 'burst', calls: 61 }, {}, 61, 61],
])(
  'two pairs: %s is carried, counted and recognised as our own, to the last call',
  { retry: 2 },
  async (_what, plan, spec, counted, all) => {
    const { report, edges, traffic } = await offered(plan, { generators: 2, ...spec });
    expect(report).toMatchObject({
      plannedCalls: counted,
      createdCalls: counted,
      successfulCalls: counted,
      retransmissions: 0,
    });
    expect(report.setupDelaysMs).toHaveLength(counted);
    const times = [...(report.delaysAtMs ?? [])];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(soundFaults(report)).toEqual([]);
    expect(edges).toEqual(['begin', 'end']);
    // INVITE, ACK and BYE of each call of both pairs, warm-up included.
    expect(traffic.report.requestsReceived).toBe(3 * all);
    expect(traffic.foreign).toBeNull();
    expect((await readdir(rawDir)).filter((name) => name.startsWith('pair-'))).toEqual(['pair-1', 'pair-2']);
  },
);

withRouter(
  'a burst over a base rate: both are offered at the same time, and the calls of both are counted',
  { retry: 2 },
  async () => {
    const baseRateCps = 60;
    const plan: LoadPlan = { shape: 'burst', calls: 40, baseRateCps };
    const { report, edges, traffic } = await offered(plan, { baseRateCps });
    const base = basePlan(plan, 100);
    const { counted, uncounted } = callOrder(base);
    expect(report).toMatchObject({
      plannedCalls: 40 + counted,
      successfulCalls: 40 + counted,
      retransmissions: 0,
    });
    expect(report.parts).toMatchObject({
      burst: { plannedCalls: 40, successfulCalls: 40 },
      base: { plannedCalls: counted, successfulCalls: counted },
    });
    expect(edges).toEqual(['begin', 'end']);
    expect(soundFaults(report)).toEqual([]);
    expect(traffic.report.requestsReceived).toBe(3 * (40 + counted + uncounted));
    expect(traffic.foreign).toBeNull();
    // The burst came in the midst of the base's calls, and these went on.
    const began = (part: 'burst' | 'base') => report.parts?.[part].beganAtMs ?? Number.NaN;
    expect(began('burst')).toBeGreaterThan(began('base'));
    const times = report.parts?.base.delaysAtMs ?? new Float64Array();
    expect(Math.max(...times)).toBeGreaterThan(began('burst') + 1_000);
  },
);

test('what one pair reaches is measured without the router, once', async () => {
  const events: object[] = [];
  const before = noKamailio === true ? {} : await router.stats();
  const four = await target({ loadCpus: '0,0,0,0' });
  // As on a slow machine: the measurement takes as long as it has rates to try.
  await generators({}, four, events);
  await load?.close();
  expect(events).toMatchObject([{ type: 'generators', pairs: 2, from: 'measured' }]);
  const again: object[] = [];
  await generators({}, four, again);
  expect(again).toEqual([{ ...events[0], from: 'remembered' }]);
  if (noKamailio !== true)
    expect((await router.stats())['core:rcv_requests']).toBe(before['core:rcv_requests']);
});

// Last: the router goes on sending to the one that is gone.
withRouter.each(['uac', 'uas'] as const)(
  'a SIPp (%s) of one pair that is killed makes the trial invalid, and is named',
  async (role) => {
    let victim: GeneratorProcess | undefined;
    const plan: LoadPlan = { shape: 'steady', rateCps: 60, warmupMs: 200, windowMs: 1_000 };
    const { report } = await offered(
      plan,
      { generators: 2 },
      {
        onProcesses: (processes) => {
          victim = processes.find((one) => one.role === role && one.pair === 2);
        },
        onWindow: (edge) => {
          if (edge === 'begin' && victim) process.kill(victim.pid, 'SIGKILL');
        },
      },
    );
    expect(victim).toBeDefined();
    const verdict = judgeTrial(
      { plan, load: report, meters: {}, routerCpus: [] },
      { maximise: 'capacityCps', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 },
    );
    expect(verdict).toMatchObject({
      state: 'invalid',
      reason: expect.stringMatching(
        new RegExp(
          `^generator: .*pair 2 \\(${CALLER}:5100\\): SIPp ${role === 'uac' ? 'caller' : 'callee'} ended`,
        ),
      ),
    });
  },
);

// A dry run must tell what the campaign then does: the same proposals, the same writes, the same time.
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCampaign } from '../../src/campaign/campaign.ts';
import type { NewEvent } from '../../src/campaign/events.ts';
import { viewTarget } from '../../src/campaign/view-target.ts';
import { examine } from '../../src/doctor/examine.ts';
import { createView } from '../../src/doctor/view.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { buildPlan } from '../../src/plan/build-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { renderPlan } from '../../src/report/plan-report.ts';
import { loadScenario } from '../../src/scenario/load-scenario.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeHost, type FakeHost } from '../support/fake-host.ts';
import { machineWith } from '../support/fake-machine.ts';
import { fixture } from '../support/fixture.ts';
import { createModelBed } from '../support/model-bed.ts';

const scenarioFile = (name: string) => fileURLToPath(new URL(`../../scenarios/${name}`, import.meta.url));

async function scenarioNamed(name: string): Promise<Scenario> {
  const loaded = await loadScenario(scenarioFile(name), CATALOGUE);
  if (loaded.state === 'invalid') throw new Error(JSON.stringify(loaded.problems));
  return loaded.scenario;
}

/** A machine whose user is not root: the lab is then seen on paper. */
function machineFor(scenario: Scenario, routerCommands: Record<string, string> = {}): FakeHost {
  const config = scenario.router.config ?? '';
  return createFakeHost(
    machineWith({
      commands: routerCommands,
      files: {
        '/proc/self/status': 'Uid:\t1000\t1000\t1000\t1000\n',
        ...(config === '' ? {} : { [config]: readFileSync(config, 'utf8') }),
      },
    }),
  );
}

let workDir = '';
beforeAll(async () => {
  // The program that a developer's own environment names is not what these tables are about.
  vi.stubEnv('OPENSIPS_BIN', undefined);
  workDir = await mkdtemp(join(tmpdir(), 'siptune-plan-'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(workDir, { recursive: true });
});

async function planOf(scenario: Scenario, machine = machineFor(scenario)): Promise<Plan> {
  const view = await viewTarget(scenario, machine, join(workDir, 'router'), createFakeClock());
  return buildPlan(scenario, view);
}

describe('the plan of a campaign in the lab', () => {
  test('names what is in play with its range, and what is inert with the reason', async () => {
    const plan = await planOf(await scenarioNamed('lab-kamailio.yaml'));
    expect(plan.inPlay.map(({ knob }) => knob)).toContain('net.core.rmem_default');
    expect(plan.inPlay.find(({ knob }) => knob === 'router.shm')).toMatchObject({
      today: 1024,
      min: 512,
      max: 2048,
      changeCost: 'restart',
    });
    expect(plan.inert).toContainEqual({
      knob: 'txqueuelen',
      reason: 'to-callee has no queue (noqueue): packets never wait there',
    });
    for (const { min, max, reaches } of plan.inPlay) {
      expect(reaches.min).toBeGreaterThanOrEqual(min);
      expect(reaches.max).toBeLessThanOrEqual(max);
    }
    // rmem_max below the least maxbuffer is never tried: the router asks for at least that much.
    expect(plan.inPlay.find(({ knob }) => knob === 'net.core.rmem_max')?.reaches.min).toBe(256 * 1024);
  });

  test('what does nothing is in play where it was asked to be kept', async () => {
    const scenario = await scenarioNamed('lab-kamailio.yaml');
    const inPlay = async (more: Partial<Scenario>) =>
      (await planOf({ ...scenario, ...more })).inPlay.map(({ knob }) => knob);
    const usual = await inPlay({});
    const kept = await inPlay({ keepInert: true });
    expect(usual).not.toContain('txqueuelen');
    expect(kept).toEqual(expect.arrayContaining([...usual, 'txqueuelen', 'kernel.shmmax']));
  });

  test('tells each write from → to, with its file, as seen from the configuration before it', async () => {
    const { steps } = await planOf(await scenarioNamed('lab-kamailio.yaml'));
    const start = steps.findIndex(({ label }) => label.startsWith('baseline'));
    const [baseline, article, first] = steps.slice(start);
    // What is changed before the search, to see whether it acts, and goes back then.
    const proofs = steps.slice(0, start);
    expect(proofs.flatMap(({ writes }) => writes.map(({ knob }) => knob))).toEqual(
      expect.arrayContaining(['net.core.rmem_default', 'net.core.rmem_max', 'router.maxbuffer']),
    );
    expect(baseline).toMatchObject({ restart: true });
    for (const { to, knob } of baseline?.writes ?? [])
      expect(to).toBe(
        { 'net.core.rmem_default': 212_992, 'net.core.rmem_max': 212_992, 'router.maxbuffer': 262_144 }[knob],
      );
    expect(baseline?.command.join(' ')).toMatch(
      /^ip netns exec siptune-router taskset -c 0 kamailio .* -m 1024 -M 8 -n 8 -b 262144/,
    );
    expect(article?.writes).toContainEqual({
      knob: 'net.core.rmem_max',
      from: 212992,
      to: 10485760,
      where: '/proc/sys/net/core/rmem_max',
    });
    // 16265200 KiB of memory: a quarter of it, and in pages.
    const shmmax = Math.floor((Math.floor(16265200 / 1024) / 4) * 1024 ** 2);
    expect(article?.writes).toContainEqual(expect.objectContaining({ knob: 'kernel.shmmax', to: shmmax }));
    expect(article?.writes).toContainEqual(
      expect.objectContaining({ knob: 'kernel.shmall', to: Math.ceil(shmmax / 4096) }),
    );
    expect(article?.remarks).toContainEqual(expect.stringContaining('the router would not ask for a buffer'));
    expect(first?.writes).toContainEqual(
      expect.objectContaining({ knob: 'net.core.rmem_max', from: 10485760 }),
    );
    // What a contender set and a candidate does not name goes back to what it was.
    expect(first?.writes).toContainEqual(
      expect.objectContaining({ knob: 'kernel.shmmax', to: '18446744073692774399' }),
    );
  });

  test('says what is put back, and that the lab goes down', async () => {
    const { wayBack } = await planOf(await scenarioNamed('lab-kamailio.yaml'));
    const kernelKnobs = CATALOGUE.filter(({ access }) => access.via !== 'router').map(({ name }) => name);
    expect(wayBack.map(({ what }) => what)).toEqual([...kernelKnobs, 'router', 'lab']);
    expect(wayBack).toContainEqual({ what: 'net.core.rmem_max', value: '212992', how: '' });
  });

  test('has the commands of every pair of generators, and of the base rate', async () => {
    const scenario = await scenarioNamed('lab-kamailio.yaml');
    const loadsOf = async (more: Partial<Scenario['load']>) =>
      (await planOf({ ...scenario, load: { ...scenario.load, ...more } })).loads;
    const usual = await loadsOf({});
    expect(usual).toHaveLength(3);
    const three = await loadsOf({ generators: 3, baseRateCps: 50 });
    // Each of three pairs answers and offers a burst and a rate; the base answers, and is offered with the burst.
    expect(three).toHaveLength(3 * usual.length + 2);
    const portOf = (command: readonly string[]) => command[command.indexOf('-p') + 1];
    const burst = three.filter(({ what }) => what.startsWith('the first burst'));
    expect(new Set(burst.map(({ command }) => portOf(command))).size).toBe(3);
    for (const { what } of burst) expect(what).toMatch(/calls at once over 50 calls\/s \(pair \d of 3\)/);
    const rate = three.filter(({ what }) => what.startsWith('the first rate'));
    const numberOf = (command: readonly string[], option: string) =>
      Number(command[command.indexOf(option) + 1]);
    expect(rate.reduce((sum, { command }) => sum + numberOf(command, '-r'), 0)).toBeCloseTo(400, 9);
    expect(rate.reduce((sum, { command }) => sum + numberOf(command, '-m'), 0)).toBe(400 * 6.5);
    expect(three.find(({ what }) => what.startsWith('the base rate'))?.command).toEqual(
      expect.arrayContaining(['ip', 'netns', 'exec', 'siptune-caller', '-r', '50']),
    );
  });

  test('its phases are the whole budget', async () => {
    const scenario = await scenarioNamed('lab-kamailio.yaml');
    const { phases } = await planOf(scenario);
    expect(phases.reduce((sum, { minutes }) => sum + minutes, 0)).toBeCloseTo(scenario.budgetMs / 60_000);
    expect(phases.map(({ phase }) => phase)).toEqual([
      'baseline',
      'contenders',
      'search',
      'minimise',
      'confirm',
      'restore',
    ]);
  });

  test('a contender that would take more memory than there is, is refused, and the next starts from what was before', async () => {
    const scenario = await scenarioNamed('lab-kamailio.yaml');
    const huge = { 'router.shm': 65_536, 'router.pkg': 1_024, 'router.workers': 64 };
    const { steps } = await planOf({ ...scenario, contenders: [{ name: 'huge', configuration: huge }] });
    expect(steps.find(({ label }) => label === 'contender huge')).toMatchObject({
      writes: [],
      restart: false,
      // 15000000 KiB are available.
      refusal: expect.stringMatching(/would take 14\d{4} MiB, more than 10253 MiB \(70 % of the 14648 MiB/),
      remarks: [],
    });
    expect(steps.find(({ label }) => label.startsWith('baseline'))?.refusal).toBeNull();
  });

  test('in the slow lab only txqueuelen changes without a restart', async () => {
    const { steps, setUp } = await planOf(await scenarioNamed('lab-slow-link.yaml'));
    expect(setUp).toContainEqual(expect.stringContaining('20 Mbit/s'));
    const shortQueue = steps.find(({ label }) => label === 'contender short-queue');
    expect(shortQueue).toMatchObject({ restart: false, command: [] });
    expect(shortQueue?.writes).toEqual([
      expect.objectContaining({
        knob: 'txqueuelen',
        from: 1000,
        to: 10,
        where: expect.stringContaining('/sys/class/net/to-callee/tx_queue_len in netns siptune-router'),
      }),
    ]);
  });

  test('fits a terminal, and leaves commands whole', async () => {
    const plan = await planOf(await scenarioNamed('lab-kamailio.yaml'));
    const text = renderPlan(plan, { color: false, columns: 80 });
    for (const line of text.split('\n'))
      if (line.includes(' ', 8)) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).toMatch(/^Plan for lab-kamailio\. Nothing has been written/);
  });
});

test('a campaign proposes what its plan said it would', async () => {
  // What the default proposes depends on what gives way, which no plan knows.
  const scenario: Scenario = {
    ...(await scenarioNamed('lab-kamailio.yaml')),
    search: { sampler: 'local-steps' },
  };
  const planned = await planOf(scenario);
  const knobs = planned.inPlay.map(({ knob }) => knob);
  const view = await viewTarget(scenario, machineFor(scenario), workDir, createFakeClock());
  const { inspectTarget } = await import('../../src/campaign/prepare.ts');
  const { prepared } = await inspectTarget(scenario, view.target, view.look);

  const clock = createFakeClock();
  const events: NewEvent[] = [];
  const emit = async (event: NewEvent) => void events.push(event);
  const bed = createModelBed({ clock, emit });
  await runCampaign({
    id: 'test',
    scenario,
    bed: { ...bed, prepare: async () => prepared },
    clock,
    emit,
    signal: new AbortController().signal,
  });
  const proposed = events.flatMap((event) => (event.type === 'proposed' ? [event] : []));
  const candidates = planned.steps.filter(({ label }) => label.startsWith('candidate'));
  expect(candidates).toHaveLength(3);
  // A plan lists changes; put together they are the configuration.
  const inForce = new Map<string, unknown>();
  for (const { label, writes, from } of planned.steps) {
    for (const { knob, to } of writes) inForce.set(knob, to);
    const n = Number(/^candidate (\d+)$/.exec(label)?.[1]);
    const real = proposed.find(({ candidate }) => candidate === n);
    // The campaign's time may be up before the last of them.
    if (!Number.isFinite(n) || (!real && n > 2)) continue;
    expect(from).toBe(real?.from);
    for (const knob of knobs)
      if (inForce.has(knob)) expect([knob, inForce.get(knob)]).toEqual([knob, real?.configuration[knob]]);
  }
});

test('a router on a machine of its own is started on all CPUs, and its plan shows the command without taskset', async () => {
  const { router, ...lab } = await scenarioNamed('lab-kamailio.yaml');
  const address = '192.0.2.10';
  const here: Scenario = {
    ...lab,
    router,
    target: {
      ...{ kind: 'host', host: 'local', netns: undefined, address, port: 5060, device: 'eth0' },
      caller: { netns: undefined, address },
      callee: { netns: undefined, address },
    },
  };
  const machine = machineFor(here);
  const { target, look } = await viewTarget(here, machine, join(workDir, 'router'), createFakeClock());
  const { steps } = await buildPlan(here, { target, look, standing: false });
  const commands = steps.map(({ command }) => command).filter((command) => command.length > 0);
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) expect(command[0]).toBe('kamailio');
});

describe('what a campaign would refuse', () => {
  const unoptimised = {
    'opensips -V': fixture('routers/opensips-V.txt').replace(/^flags: /m, 'flags: CC_O0, '),
  };

  test('an OpenSIPS without optimisation: by plan, and by doctor as the first thing', async () => {
    const scenario = await scenarioNamed('lab-opensips.yaml');
    const machine = machineFor(scenario, unoptimised);
    await expect(planOf(scenario, machine)).rejects.toThrow(/without optimisation \(-O0\)/);
    const diagnosis = await examine(
      createView({ scenario, machine, resultsDir: workDir, clock: createFakeClock() }),
    );
    expect(diagnosis.couldStart).toBe(false);
    expect(diagnosis.reasons[0]).toMatchObject({
      area: 'start',
      seen: expect.stringContaining('without optimisation'),
    });
  });

  test('an address that is not the target’s: by plan, and by doctor', async () => {
    const scenario = await scenarioNamed('staging.yaml');
    const machine = machineFor(scenario, {
      'ip -j addr show': JSON.stringify([{ addr_info: [{ local: '192.0.2.77' }] }]),
    });
    await expect(planOf(scenario, machine)).rejects.toThrow(
      /refusing to send load: 192\.0\.2\.10 is not an address/,
    );
    const { reasons } = await examine(
      createView({ scenario, machine, resultsDir: workDir, clock: createFakeClock() }),
    );
    expect(reasons[0]?.seen).toContain('refusing to send load: 192.0.2.10 is not an address');
  });
});

test('looking makes no file: neither the router’s folder nor its copies', async () => {
  await planOf(await scenarioNamed('lab-kamailio.yaml'));
  expect(await readdir(workDir)).toEqual([]);
});

test('over TCP, with registrations and random arrivals, the plan says what would be run, left out and restarted', async () => {
  const scenario = await scenarioNamed('lab-kamailio.yaml');
  const even = await planOf(scenario);
  const load = {
    ...scenario.load,
    flow: 'register',
    transport: 'tcp',
    arrivals: { kind: 'poisson' },
  } as const;
  const { maxLoss, maxP99SetupMs } = scenario.objective;
  const objective = { maximise: 'capacityCps', guards: [], maxLoss, maxP99SetupMs } as const;
  const other = { ...scenario, load, objective };
  const plan = await planOf(other);
  expect(plan.inert.find(({ knob }) => knob === 'net.core.rmem_default')?.reason).toMatch(/over TCP/);
  const rate = plan.loads.find(({ what }) => what.includes('calls/s'));
  expect(rate?.what).toMatch(/each call waiting for its time/);
  expect(rate?.command.join(' ')).toMatch(/-sf register\.xml .* -t t1 -inf /);
  expect(plan.steps[0]?.command.join(' ')).toContain('-l tcp:198.18.0.1:5060');
  const trials = plan.phases.reduce((sum, phase) => sum + phase.trials, 0);
  expect(plan.restarts).toBeGreaterThanOrEqual(trials);
  expect(even.restarts).toBeLessThan(even.phases.reduce((sum, phase) => sum + phase.trials, 0));
});

// Whole campaigns on simulated routers, on a virtual clock: what is really better is found and proven, and luck is not.
import { expect, test } from 'vitest';
import type { NewEvent } from '../../src/campaign/events.ts';
import { historyOf } from '../../src/campaign/replay/history.ts';
import { runResumable } from '../../src/campaign/replay/run-resumable.ts';
import { createSimulatedTestBed } from '../../src/campaign/simulated-test-bed.ts';
import { profileOf } from '../../src/export/profile.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { planSimulation } from '../../src/plan/plan-simulation.ts';
import { renderReport } from '../../src/report/terminal-report.ts';
import { loadScenario } from '../../src/scenario/load-scenario.ts';
import type { Scenario, SimTargetSpec } from '../../src/scenario/scenario.ts';
import type { LandscapeName } from '../../src/sim/landscape-names.ts';
import { ARTICLE } from '../../src/sim/landscapes/article.ts';
import { landscapeNamed } from '../../src/sim/landscapes/index.ts';
import { createTruth } from '../../src/sim/truth.ts';
import { createVirtualClock } from '../../src/sim/virtual-clock.ts';
import { resultSchema } from '../../src/store/result-schema.ts';

const DATE = new Date('2026-01-01T00:00:00Z');

async function scenarioOn(landscape: LandscapeName, seed: number) {
  const loaded = await loadScenario('scenarios/sim-article.yaml', CATALOGUE);
  if (loaded.state === 'invalid' || loaded.scenario.target.kind !== 'sim')
    throw new Error('sim-article.yaml');
  const { knobs, objective, load } = landscapeNamed(landscape);
  const sim: SimTargetSpec = { ...loaded.scenario.target, landscape };
  const scenario: Scenario = {
    ...loaded.scenario,
    ...{ seed, objective, target: sim },
    load: { ...loaded.scenario.load, ...load },
    knobs: knobs.map(({ knob }) => ({ name: knob.name, min: undefined, max: undefined })),
  };
  return { scenario, sim };
}

async function campaign(
  { scenario, sim }: Awaited<ReturnType<typeof scenarioOn>>,
  { past = [] as readonly NewEvent[], stopAfterTrials = Number.POSITIVE_INFINITY } = {},
) {
  const events: NewEvent[] = [...past];
  const stop = new AbortController();
  let trials = 0;
  const emit = async (event: NewEvent) => {
    events.push(JSON.parse(JSON.stringify(event)));
    if (event.type === 'trial') trials += 1;
    if (event.type === 'step' && event.call === 'offer' && trials >= stopAfterTrials) stop.abort();
  };
  const at = DATE.toISOString();
  const history = historyOf(past.map((event) => ({ at, ...event })) as Parameters<typeof historyOf>[0]);
  const clock = createVirtualClock({ date: () => DATE }, history.steps.at(-1)?.endMs);
  const { signal } = stop;
  const bed = createSimulatedTestBed({ scenario, sim, clock, emit, signal });
  const result = await runResumable({ id: 'test', scenario, bed, clock, emit, signal, history });
  return { result, events };
}

test('on article the burst is improved, as much as the truth says, and everything is marked as simulated', async () => {
  const { result, events } = await campaign(await scenarioOn('article', 1));
  expect(result.verdict).toBe('improved');
  expect(result.target.simulated).toEqual({ landscape: 'article', noisePct: 5 });
  expect(resultSchema.parse(result).target.simulated).toEqual(result.target.simulated);
  const truth = createTruth(ARTICLE);
  const winner = truth.metricOf(result.winner?.config ?? {}, 'burstCalls');
  const ratio = winner / truth.metricOf({}, 'burstCalls');
  expect(result.comparison?.ratio.low).toBeLessThan(1.1 * ratio);
  expect(result.comparison?.ratio.high).toBeGreaterThan(0.9 * ratio);
  expect(renderReport(result, { color: false, columns: 100 })).toMatch(/^SIMULATED: .*landscape article/);
  expect(() => profileOf(result)).toThrow(/is simulated .* must not be installed/);
  expect(events.map(({ type }) => type)).not.toContain('write');
  // The budget is spent on the virtual clock.
  expect(result.cost.wallS).toBeGreaterThan(200);
  expect(result.cost.wallS).toBeLessThan(450);
});

test.each([1, 2, 3])('on null nothing is proven (seed %d)', async (seed) => {
  const { result } = await campaign(await scenarioOn('null', seed));
  expect(result.verdict).toBe('not-proven');
  expect(result.winner).toBeNull();
  expect(result.restored).toBe(true);
});

test.each(['coupled', 'cliff', 'wide'] as const)('on %s a campaign comes to a verdict', async (landscape) => {
  const { result } = await campaign(await scenarioOn(landscape, 1));
  expect(['improved', 'not-proven']).toContain(result.verdict);
  expect(result.trials.total).toBeGreaterThan(10);
});

test('the same seed gives the same campaign', async () => {
  const scenario = await scenarioOn('article', 5);
  expect((await campaign(scenario)).events).toEqual((await campaign(scenario)).events);
});

test('a campaign that was interrupted is resumed from its journal', async () => {
  const scenario = await scenarioOn('article', 1);
  const cut = await campaign(scenario, { stopAfterTrials: 40 });
  expect(cut.result.verdict).toBe('aborted');
  const resumed = await campaign(scenario, { past: cut.events });
  expect(resumed.result.verdict).toBe('improved');
  expect(resumed.result.trials.total).toBeGreaterThan(60);
  const parted = resumed.events.filter(({ type }) => type === 'parted');
  expect(parted).toEqual([]);
});

test('a plan of a simulation has knobs and times, and nothing to write', async () => {
  const { scenario, sim } = await scenarioOn('wide', 1);
  const plan = planSimulation(scenario, sim);
  expect(plan.inPlay).toHaveLength(40);
  expect(plan).toMatchObject({
    steps: [],
    loads: [],
    wayBack: [],
    target: { simulated: { landscape: 'wide' } },
  });
  expect(plan.phases.length).toBeGreaterThan(3);
});

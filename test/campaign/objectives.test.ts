// Objectives besides capacity and burst, as whole campaigns on a simulated router: what becomes of a given rate of calls, and the
// least memory that carries it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCampaign } from '../../src/campaign/campaign.ts';
import type { NewEvent } from '../../src/campaign/events.ts';
import { createSimulatedTestBed } from '../../src/campaign/simulated-test-bed.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { memoryMib } from '../../src/knobs/constraints.ts';
import type { Configuration } from '../../src/knobs/knob.ts';
import { renderFigure } from '../../src/report/figure.ts';
import { renderReport } from '../../src/report/terminal-report.ts';
import { formatProblems, loadScenario } from '../../src/scenario/load-scenario.ts';
import { ARTICLE } from '../../src/sim/landscapes/article.ts';
import { createVirtualClock } from '../../src/sim/virtual-clock.ts';
import { resultSchema } from '../../src/store/result-schema.ts';

const DATE = new Date('2026-01-01T00:00:00Z');
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'siptune-objectives-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** scenarios/sim-article.yaml about something else. */
async function loaded(objective: string, budget = '12m') {
  const text = await readFile('scenarios/sim-article.yaml', 'utf8');
  const file = join(folder, 'objective.yaml');
  const other = text.replace(/^objective:\n(?: .*\n)+/m, `objective: ${objective}\n`);
  await writeFile(file, other.replace('contenders: [article]', 'contenders: []').replace('7m', budget));
  return loadScenario(file, CATALOGUE);
}

async function campaign(objective: string, budget = '12m') {
  const answer = await loaded(objective, budget);
  if (answer.state === 'invalid') throw new Error(formatProblems(answer.problems));
  const { scenario } = answer;
  if (scenario.target.kind !== 'sim') throw new Error('not simulated');
  const events: NewEvent[] = [];
  const emit = async (event: NewEvent) => void events.push(event);
  const clock = createVirtualClock({ date: () => DATE });
  const { signal } = new AbortController();
  const bed = createSimulatedTestBed({ scenario, sim: scenario.target, clock, emit, signal });
  const result = await runCampaign({ id: 'test', scenario, bed, clock, emit, signal });
  expect(resultSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(JSON.parse(JSON.stringify(result)));
  const trials = events.flatMap((event) => (event.type === 'trial' ? [event.trial] : []));
  return { result, events, trials, report: renderReport(result, { color: false, columns: 100 }) };
}

test('the lowest loss at a rate that is too much for today’s: found, proven, and told as a loss', async () => {
  const { result, trials, report } = await campaign('{ minimise: loss, rate: 1700 /s }');
  expect(result.verdict).toBe('improved');
  expect(new Set(trials.map(({ plan }) => plan.shape === 'steady' && plan.rateCps))).toEqual(new Set([1700]));
  expect(result.comparison?.metric).toBe('lossShare');
  expect(result.comparison?.ratio.low).toBeGreaterThan(10);
  expect(result.baseline?.lossShare?.estimate).toBeGreaterThan(0.01);
  expect(result.winner?.lossShare?.estimate).toBeLessThan(0.001);
  expect(report).toMatch(/Improved: today's loss is [\d,.]+ times the winner's/);
  expect(report).toMatch(/loss at 1,700 calls\/s \(% of planned calls\)/);
  expect(renderFigure(result, trials)).toMatch(/loss at 1,700 calls\/s/);
});

test('the lowest delay: calls that are lost are no fast ones', async () => {
  const { result, report } = await campaign('{ minimise: delay, rate: 1560 /s }');
  expect(result.verdict).toBe('improved');
  // It drops most calls; those that it answers are answered soon.
  expect(result.baseline?.p99SetupMs?.estimate).toBeGreaterThan(200);
  expect(result.winner?.p99SetupMs?.estimate).toBeLessThan(200);
  expect(report).toMatch(/p99 setup delay at 1,560 calls\/s \(ms\)/);
});

test('where nothing can be better, nothing is searched for', async () => {
  const { result, events } = await campaign('{ minimise: loss, rate: 300 /s }');
  expect(result.verdict).toBe('not-proven');
  expect(events.find(({ type }) => type === 'search-ended')).toMatchObject({
    candidates: 0,
    reason: 'no call is lost any more',
  });
  expect(events.filter(({ type }) => type === 'proposed')).toEqual([]);
});

test('the least memory that carries a rate: what needs more costs no trial, and what is too little is not believed', async () => {
  const { result, events, trials } = await campaign('{ minimise: memory, rate: 800 /s }');
  expect(result.verdict).toBe('improved');
  const memoryOf = (configuration: Configuration) =>
    memoryMib({ ...result.baseline?.config, ...configuration }, ARTICLE.constraintFacts);
  const winner = memoryOf(result.winner?.config ?? {});
  expect(result.winner?.memoryMib?.estimate).toBeCloseTo(winner, 6);
  expect(result.comparison?.ratio.estimate).toBeCloseTo(memoryOf({}) / winner, 6);
  const rejected = events.filter(
    (event) => event.type === 'rejected' && /takes .* MiB, more than/.test(event.reason),
  );
  const tried = new Set(trials.map(({ label }) => label));
  for (const event of rejected)
    expect(tried).not.toContain(`candidate ${event.type === 'rejected' ? event.candidate : 0}`);
  const proof = result.comparison?.trials ?? [];
  expect(proof.length).toBeGreaterThanOrEqual(6);
  expect(proof.flatMap(({ winner: side }) => side).every(({ carried }) => carried)).toBe(true);
});

test('two goals that pull apart make a front: none of it is better than another in both, and each is proven in both', async () => {
  const { result, report, trials } = await campaign(
    '{ maximise: burst, minimise: memory, rate: 800 /s }',
    '45m',
  );
  const front = result.front ?? [];
  expect(front.length).toBeGreaterThanOrEqual(2);
  const worth = front.map((one) => [
    one.burstCalls?.estimate ?? 0,
    1 / (one.memoryMib?.estimate ?? Infinity),
  ]);
  for (const [burst = 0, spared = 0] of worth)
    expect(worth.some(([b = 0, s = 0]) => b > 1.05 * burst && s > 1.05 * spared)).toBe(false);
  const least = Math.min(...front.map(({ memoryMib: own }) => own?.estimate ?? Infinity));
  expect(least).toBeLessThan(0.9 * (result.baseline?.memoryMib?.estimate ?? 0));
  for (const { name, proof } of front)
    if (name !== 'current') expect(Object.keys(proof ?? {}).sort()).toEqual(['burstCalls', 'memoryMib']);
  expect(report).toContain('Front: none of these is better than another in every goal');
  // A winner is worse in nothing, as far as can be told.
  expect(result.verdict).toBe('improved');
  const winner = front.find(({ config }) => JSON.stringify(config) === JSON.stringify(result.winner?.config));
  for (const one of Object.values(winner?.proof ?? {})) expect(one?.ratio.high).toBeGreaterThanOrEqual(1);
  expect(renderFigure(result, trials)).toMatch(/^<svg /);
});

test('a guard holds the winner of several goals as it does that of one', async () => {
  const { result } = await campaign(
    '{ maximise: burst, minimise: memory, rate: 800 /s, guard: { capacity: { mayFall: 5% } } }',
    '45m',
  );
  expect(result.verdict).toBe('improved');
  expect(result.comparison?.guards).toMatchObject([{ metric: 'capacityCps', held: true }]);
});

test('where all goals are served by the same settings, the front is short and the winner is better in each', async () => {
  const { result } = await campaign('{ maximise: [burst, capacity] }', '30m');
  expect(result.verdict).toBe('improved');
  expect(result.reason).toMatch(/the burst is .* times today's .*, and the capacity is .* times today's/);
  expect(result.winner?.burstCalls?.estimate).toBeGreaterThan(
    3 * (result.baseline?.burstCalls?.estimate ?? 0),
  );
  expect(result.winner?.capacityCps?.estimate).toBeGreaterThan(result.baseline?.capacityCps?.estimate ?? 0);
});

test('a front whose proof does not fit into the time says how much more it takes', async () => {
  const { result } = await campaign('{ maximise: [burst, capacity] }', '8m');
  expect(result.verdict).toBe('not-proven');
  expect(result.reason).toMatch(/give it more time, e\.g\. --budget \d+m/);
  expect(result.front?.length).toBeGreaterThan(0);
});

test.each([
  ['{ minimise: loss }', 'objective.rate: is missing'],
  ['{ maximise: burst, rate: 100 /s }', 'objective.rate: goes with minimise'],
  ['{ maximise: [burst, burst] }', 'objective.maximise: names "burst" twice'],
  ['{ maximise: [] }', 'objective.maximise: is an empty list'],
  [
    '{ maximise: [burst, capacity], guard: { burst: { mayFall: 1% } } }',
    '"burst" is what is maximised, so it cannot be guarded as well',
  ],
  ['{ minimise: los, rate: 100 /s }', '"los" is not one of loss, delay, memory; did you mean "loss"?'],
  ['{ minimise: delay, rate: 1 /s }', 'objective.rate: '],
  ['{ loss: 1% }', 'objective.maximise: is missing'],
])('%s is refused, with its place', async (objective, message) => {
  const answer = await loaded(objective);
  expect(answer.state).toBe('invalid');
  const text = answer.state === 'invalid' ? formatProblems(answer.problems) : '';
  expect(text).toContain(message);
  expect(text).toMatch(/objective\.yaml:\d+:\d+: /);
});

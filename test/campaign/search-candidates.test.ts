// The search of a campaign over a model router: what a candidate costs, and when it ends.
import { expect, test } from 'vitest';
import { runCampaign } from '../../src/campaign/campaign.ts';
import type { NewEvent, TrialRecord } from '../../src/campaign/events.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createModelBed, type ModelBedOptions } from '../support/model-bed.ts';

const SCENARIO: Scenario = {
  name: 'model',
  path: '/model.yaml',
  target: { kind: 'lab', egressBitsPerS: undefined },
  router: { kind: 'kamailio', binary: undefined, config: undefined, service: undefined, settings: {} },
  load: { flow: 'invite', holdMs: 500, uaRateCps: 2, warmupMs: 1_500, windowMs: 5_000 },
  objective: { maximise: 'burstCalls', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 },
  knobs: [],
  contenders: [],
  budgetMs: 60 * 60_000,
  safety: { deadmanMs: 60_000 },
  seed: 1,
};

async function searched(bedOptions: Partial<ModelBedOptions>, overrides: Partial<Scenario> = {}) {
  const clock = createFakeClock();
  const events: NewEvent[] = [];
  const emit = async (event: NewEvent) => void events.push(event);
  const signal = new AbortController().signal;
  const bed = createModelBed({ clock, emit, ...bedOptions });
  const result = await runCampaign({
    ...{ id: 'test', scenario: { ...SCENARIO, ...overrides }, bed, clock, emit, signal },
  });
  const phase = (name: string) => events.findIndex((event) => event.type === 'phase' && event.phase === name);
  const search = events.slice(phase('search'), phase('minimise'));
  return {
    result,
    trials: search.flatMap((event) => (event.type === 'trial' ? [event.trial] : [])),
    ended: search.flatMap((event) => (event.type === 'search-ended' ? [event] : [])),
    bests: search.filter(({ type }) => type === 'best').length,
  };
}

const ofCandidate = (trials: readonly TrialRecord[], n: number) =>
  trials.filter(({ label }) => label === `candidate ${n}`);

test('a machine that spoils every trial of three candidates ends the search, which says so', async () => {
  const { trials, ended } = await searched({
    verdictOf: (_n, verdict, _plan, label) =>
      label.startsWith('candidate') ? { state: 'invalid', reason: 'steal: 30 % of one CPU' } : verdict,
  });
  expect(ended).toMatchObject([{ candidates: 3, reason: expect.stringMatching(/spoilt every trial/) }]);
  expect(trials.length).toBeLessThanOrEqual(9);
});

test('with an hour and nothing to find it does not go on to the end of its time', async () => {
  const { trials, ended, bests } = await searched({
    verdictOf: (_n, verdict, _plan, label) =>
      label.startsWith('candidate') && verdict.state === 'carried'
        ? { ...verdict, state: 'overloaded', limiter: 'unknown', evidence: '', goodCalls: 1 }
        : verdict,
  });
  expect(bests).toBe(0);
  expect(ended).toMatchObject([
    { reason: expect.stringMatching(/none of the last \d+ candidates was better/) },
  ]);
  expect(ofCandidate(trials, 1)).toHaveLength(1);
});

test('a candidate above whose first load nothing can be offered is known by that load, and is what the next ones must beat', async () => {
  const most = 4_300;
  const { trials, result } = await searched(
    {
      // Today's is 4,080; the first look at a candidate is just below what can be offered.
      verdictOf: (_n, verdict, plan) =>
        plan.shape === 'steady' && plan.rateCps > most
          ? { state: 'invalid', reason: 'generator: SIPp caller: 12 datagrams dropped at its own socket' }
          : verdict,
    },
    { objective: { maximise: 'capacityCps', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 } },
  );
  const rates = trials.flatMap(({ label, plan }) =>
    /^candidate/.test(label) && plan.shape === 'steady' ? [plan.rateCps] : [],
  );
  expect(rates.length).toBeGreaterThan(0);
  // Nobody is held to less than today's again.
  expect(Math.min(...rates)).toBeGreaterThan(3_500);
  expect(result.verdict).not.toBe('aborted');
});

test('in a longer search today is measured again, between the candidates', async () => {
  const { trials, result } = await searched({ noise: 0.03, noiseByTrial: true });
  expect(result.verdict).toBe('improved');
  const again = trials.findIndex(({ label }) => label === 'current');
  expect(again).toBeGreaterThan(0);
  expect(trials.slice(again).some(({ label }) => label.startsWith('candidate'))).toBe(true);
});

test('the sampler that the scenario names is the one that proposes', async () => {
  const proposals = async (sampler: 'random' | 'sobol') => {
    const { trials } = await searched({}, { search: { sampler }, budgetMs: 6 * 60_000 });
    // The first points of the two are drawn from the same numbers.
    return ofCandidate(trials, 2)[0]?.configuration;
  };
  expect(await proposals('random')).not.toEqual(await proposals('sobol'));
});

// What every sampler owes a campaign, whatever its strategy.
import { describe, expect, test } from 'vitest';
import type { Limiter } from '../../src/campaign/verdict.ts';
import type { Configuration, KnobInPlay } from '../../src/knobs/knob.ts';
import { createSampler, type SamplerOptions } from '../../src/search/create-sampler.ts';
import { SAMPLER_NAMES, type SamplerName } from '../../src/search/sampler-names.ts';
import { configurationKey, isInside } from '../../src/search/space.ts';
import { WIDE } from '../../src/sim/landscapes/wide.ts';
import {
  bufferDominates,
  insidePeak,
  knobsInPlay,
  ROUTER_KNOBS,
  ROUTER_TODAY,
  repairBuffers,
  scorer,
  trueScore,
} from '../support/model-router.ts';

/** Log and linear ranges, names, and a constraint. */
const [allocator, workers] = knobsInPlay(['router.allocator', 'router.workers']) as [KnobInPlay, KnobInPlay];
const linear: KnobInPlay = {
  knob: { ...workers.knob, name: 'linear', search: { min: 0, max: 100, scale: 'linear' } },
  min: 0,
  max: 100,
};
const MIXED: readonly KnobInPlay[] = [
  ...ROUTER_KNOBS,
  { ...allocator, min: 0, max: 2, choices: ['qm', 'fm', 'tlsf'] },
  linear,
];
const MIXED_TODAY: Configuration = { ...ROUTER_TODAY, 'router.allocator': 'qm', linear: 10 };

const OPTIONS: SamplerOptions = { knobs: MIXED, start: MIXED_TODAY, seed: 1, repair: repairBuffers };
/** No counter explains it: every knob may matter. */
const LIMITERS: readonly Limiter[] = ['unknown'];

function run(overrides: Partial<SamplerOptions>, asks: number, score: (c: Configuration) => number) {
  const sampler = createSampler({ ...OPTIONS, ...overrides });
  sampler.tell({
    configuration: overrides.start ?? MIXED_TODAY,
    score: score(MIXED_TODAY),
    limiters: LIMITERS,
  });
  const proposals: Configuration[] = [];
  for (let n = 0; n < asks; n += 1) {
    const proposal = sampler.ask();
    if (proposal === null) break;
    proposals.push(proposal.configuration);
    sampler.tell({
      configuration: proposal.configuration,
      score: score(proposal.configuration),
      limiters: LIMITERS,
    });
  }
  return proposals;
}

describe.each(SAMPLER_NAMES)('%s', (name: SamplerName) => {
  test('every proposal is new, consistent, inside the ranges, and sets exactly the knobs in play', () => {
    for (const seed of [1, 2, 3]) {
      const proposals = run({ name, seed }, 40, scorer(bufferDominates, 0.2, seed));
      expect(proposals).toHaveLength(40);
      expect(new Set([MIXED_TODAY, ...proposals].map(configurationKey)).size).toBe(41);
      for (const proposal of proposals) {
        expect(Object.keys(proposal).sort()).toEqual(Object.keys(MIXED_TODAY).sort());
        expect(isInside(MIXED, proposal)).toBe(true);
        expect(proposal).toEqual(repairBuffers(proposal));
      }
    }
  });

  test('the same seed and scores give the same proposals', () => {
    const proposals = () => run({ name, seed: 5 }, 20, scorer(insidePeak, 0.1, 1));
    expect(proposals()).toEqual(proposals());
  });

  test('several may be asked for before the first is told', () => {
    const sampler = createSampler({ ...OPTIONS, name });
    sampler.tell({ configuration: MIXED_TODAY, score: 10, limiters: LIMITERS });
    for (let batch = 0; batch < 4; batch += 1) {
      const asked = Array.from({ length: 6 }, () => sampler.ask()?.configuration ?? {});
      expect(new Set(asked.map(configurationKey)).size).toBe(6);
      for (const configuration of asked)
        sampler.tell({ configuration, score: trueScore(insidePeak, configuration), limiters: LIMITERS });
    }
  });

  test('a small space is proposed to its end, today excepted, then null', () => {
    const knobs = [{ ...workers, min: 4, max: 8 }, { ...(MIXED.at(-2) as KnobInPlay) }];
    const start = { 'router.workers': 8, 'router.allocator': 'qm' };
    expect(run({ name, knobs, start, repair: (c) => c }, 100, () => 1)).toHaveLength(5 * 3 - 1);
  });

  test('failures, forty knobs and scores that are all the same are no trouble', () => {
    const start = Object.fromEntries(WIDE.knobs.map(({ knob }) => [knob.name, WIDE.today[knob.name] ?? 0]));
    for (const score of [() => Number.NEGATIVE_INFINITY, () => 7]) {
      const options = { name, knobs: WIDE.knobs, start, repair: (c: Configuration) => c };
      expect(run(options, 15, score)).toHaveLength(15);
    }
  });
});

/** The best of so many proposals, without noise. */
function reached(name: SamplerName, seed: number): number {
  const proposals = run({ name, seed, knobs: ROUTER_KNOBS, start: ROUTER_TODAY }, 25, (c) =>
    trueScore(insidePeak, c),
  );
  return Math.max(...proposals.map((proposal) => trueScore(insidePeak, proposal)));
}

test('all that learn find more than random points do, in the median of fifteen seeds', () => {
  const seeds = Array.from({ length: 15 }, (_, index) => index + 1);
  const median = (name: SamplerName) =>
    seeds.map((seed) => reached(name, seed)).sort((a, b) => a - b)[Math.floor(seeds.length / 2)] as number;
  const byChance = median('random');
  for (const name of ['guided', 'local-steps', 'gaussian-process', 'tpe'] as const)
    expect(median(name), name).toBeGreaterThan(byChance);
});

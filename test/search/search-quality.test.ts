// What twelve candidates find on model routers, over 200 seeds, beside twelve random ones.
import { expect, test } from 'vitest';
import { createSampler } from '../../src/search/create-sampler.ts';
import { configurationAt } from '../../src/search/space.ts';
import { createRandom } from '../../src/stats/random.ts';
import {
  bufferDominates,
  insidePeak,
  lateBeyondEnough,
  type Model,
  queuesAndWorkers,
  ROUTER_KNOBS,
  ROUTER_TODAY,
  repairBuffers,
  scorer,
  trueScore,
} from '../support/model-router.ts';

const SEEDS = Array.from({ length: 200 }, (_, i) => i + 1);
const ASKS = 12;
const NOISE = 0.05;

/** The true score of what looked best, for each seed. */
function searched(model: Model): number[] {
  return SEEDS.map((seed) => {
    const score = scorer(model, NOISE, seed);
    const sampler = createSampler({
      knobs: ROUTER_KNOBS,
      start: ROUTER_TODAY,
      seed,
      repair: repairBuffers,
      name: 'local-steps',
    });
    sampler.tell({ configuration: ROUTER_TODAY, score: score(ROUTER_TODAY) });
    let best = { seen: 0, real: 0 };
    for (let n = 0; n < ASKS; n += 1) {
      const configuration = sampler.ask()?.configuration ?? ROUTER_TODAY;
      const seen = score(configuration);
      sampler.tell({ configuration, score: seen });
      if (seen > best.seen) best = { seen, real: trueScore(model, configuration) };
    }
    return best.real;
  });
}

function drawn(model: Model): number[] {
  return SEEDS.map((seed) => {
    const score = scorer(model, NOISE, seed);
    const random = createRandom(seed + 1_000);
    let best = { seen: 0, real: 0 };
    for (let n = 0; n < ASKS; n += 1) {
      const configuration = repairBuffers(
        configurationAt(
          ROUTER_KNOBS,
          ROUTER_KNOBS.map(() => random()),
        ),
      );
      const seen = score(configuration);
      if (seen > best.seen) best = { seen, real: trueScore(model, configuration) };
    }
    return best.real;
  });
}

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length / 2] ?? Number.NaN;

test('where the receive buffer dominates, at least 9 of 10 campaigns reach five times the start', () => {
  for (const model of [bufferDominates, lateBeyondEnough]) {
    const start = trueScore(model, ROUTER_TODAY);
    const reached = searched(model).filter((score) => score >= 5 * start);
    expect(reached.length / SEEDS.length).toBeGreaterThanOrEqual(0.9);
  }
});

test('twelve asks beat twelve random points in the median', () => {
  for (const model of [bufferDominates, queuesAndWorkers, insidePeak])
    expect(median(searched(model)), model.name).toBeGreaterThan(1.05 * median(drawn(model)));
});

test('where the top is flat, so that most random points reach it, they are level within the noise', () => {
  expect(median(searched(lateBeyondEnough))).toBeGreaterThan((1 - NOISE) * median(drawn(lateBeyondEnough)));
});

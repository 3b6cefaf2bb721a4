// Each landscape has the property that it is named for, on a machine without noise.
import { expect, test } from 'vitest';
import type { Configuration, KnobInPlay } from '../../src/knobs/knob.ts';
import { configurationAt, fromUnit, valueAt } from '../../src/search/space.ts';
import { ARTICLE } from '../../src/sim/landscapes/article.ts';
import { CLIFF } from '../../src/sim/landscapes/cliff.ts';
import { COUPLED } from '../../src/sim/landscapes/coupled.ts';
import { LANDSCAPES } from '../../src/sim/landscapes/index.ts';
import { NULL } from '../../src/sim/landscapes/null.ts';
import { WIDE } from '../../src/sim/landscapes/wide.ts';
import { simulateTrial } from '../../src/sim/simulate-trial.ts';
import { createTruth } from '../../src/sim/truth.ts';
import { createRandom } from '../../src/stats/random.ts';

function valuesOf(knob: KnobInPlay, count = 7) {
  return Array.from({ length: count }, (_, n) => valueAt(knob, fromUnit(knob, n / (count - 1))));
}

test('null: every configuration carries the same', () => {
  const truth = createTruth(NULL);
  const random = createRandom(1);
  const today = truth.of({});
  for (let n = 0; n < 30; n += 1) {
    const point = NULL.knobs.map(() => random());
    expect(truth.of(configurationAt(NULL.knobs, point))).toEqual(today);
  }
});

test('article: neither one worker nor sixteen is best', () => {
  const truth = createTruth(ARTICLE);
  const capacity = (workers: number) => truth.metricOf({ 'router.workers': workers }, 'capacityCps');
  expect(capacity(2)).toBeGreaterThan(1.1 * capacity(1));
  expect(capacity(2)).toBeGreaterThan(1.1 * capacity(16));
});

test('article: too little shared memory ends it, and is named', () => {
  const trial = (shm: number) =>
    simulateTrial({
      ...{ landscape: ARTICLE, configuration: { 'router.shm': shm }, load: ARTICLE.load },
      ...{ objective: ARTICLE.objective, random: createRandom(1), scatter: 0 },
      plan: { shape: 'steady', rateCps: 1_000, warmupMs: 1_500, windowMs: 5_000 },
    });
  expect(trial(64).verdict).toMatchObject({ state: 'overloaded', limiter: 'shm' });
  expect(trial(512).verdict.state).toBe('carried');
});

test('article: the socket ends a burst that it does not hold, the CPU a rate that it does not serve', () => {
  const trial = (plan: Parameters<typeof simulateTrial>[0]['plan']) =>
    simulateTrial({
      ...{ landscape: ARTICLE, configuration: {}, load: ARTICLE.load, plan },
      ...{ objective: ARTICLE.objective, random: createRandom(1), scatter: 0 },
    }).verdict;
  expect(trial({ shape: 'burst', calls: 250 })).toMatchObject({ limiter: 'socket-buffer' });
  expect(trial({ shape: 'steady', rateCps: 1_600, warmupMs: 1_500, windowMs: 5_000 })).toMatchObject({
    limiter: 'worker-cpu',
  });
});

test('coupled: each knob alone gives less than 5 %, all together more than 50 %', () => {
  const truth = createTruth(COUPLED);
  const burst = (configuration: Configuration) => truth.metricOf(configuration, 'burstCalls');
  const today = burst({});
  for (const knob of COUPLED.knobs)
    for (const value of valuesOf(knob, 12))
      expect(burst({ [knob.knob.name]: value })).toBeLessThan(1.05 * today);
  const buffers = { 'net.core.rmem_max': 4_194_304, 'router.maxbuffer': 4_194_304 };
  expect(burst(buffers)).toBeLessThan(1.05 * today);
  expect(burst({ ...buffers, 'router.workers': 2 })).toBeGreaterThan(1.5 * today);
});

test('cliff: more buffer helps, and then breaks the delay objective', () => {
  const truth = createTruth(CLIFF);
  const capacity = (bytes: number) =>
    truth.metricOf({ 'net.core.rmem_max': bytes, 'router.maxbuffer': bytes }, 'capacityCps');
  const MIB = 1024 ** 2;
  expect(capacity(1.5 * MIB)).toBeGreaterThan(1.5 * truth.metricOf({}, 'capacityCps'));
  expect(capacity(8 * MIB)).toBeLessThan(0.1 * capacity(1.5 * MIB));
  const { verdict } = simulateTrial({
    ...{
      landscape: CLIFF,
      load: CLIFF.load,
      objective: CLIFF.objective,
      random: createRandom(1),
      scatter: 0,
    },
    configuration: { 'net.core.rmem_max': 8 * MIB, 'router.maxbuffer': 8 * MIB },
    plan: { shape: 'steady', rateCps: 1_000, warmupMs: 1_500, windowMs: 5_000 },
  });
  expect(verdict).toMatchObject({ state: 'overloaded', limiter: 'delay' });
});

test('wide: of forty knobs exactly four matter', () => {
  const truth = createTruth(WIDE);
  const { configuration } = truth.optimum();
  const best = truth.metricOf(configuration, 'burstCalls');
  const matter = WIDE.knobs.filter((knob) =>
    valuesOf(knob).some((value) => {
      const changed = truth.metricOf({ ...configuration, [knob.knob.name]: value }, 'burstCalls');
      return Math.abs(changed / best - 1) > 0.05;
    }),
  );
  expect(WIDE.knobs).toHaveLength(40);
  expect(matter.map(({ knob }) => knob.name).sort()).toEqual([
    'net.core.netdev_max_backlog',
    'router.maxbuffer',
    'router.workers',
    'txqueuelen',
  ]);
});

test.each(LANDSCAPES)(
  '$name: its optimum is no worse than today and than a hundred configurations',
  (landscape) => {
    const truth = createTruth(landscape);
    const { maximise } = landscape.objective;
    const optimum = truth.optimum();
    expect(optimum[maximise]).toBeGreaterThanOrEqual(truth.metricOf({}, maximise));
    const random = createRandom(7);
    for (let n = 0; n < 100; n += 1) {
      const point = landscape.knobs.map(() => random());
      expect(truth.metricOf(configurationAt(landscape.knobs, point), maximise)).toBeLessThan(
        1.02 * optimum[maximise],
      );
    }
  },
);

// What a campaign may rely on from its sampler.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Configuration, KnobInPlay } from '../../src/knobs/knob.ts';
import { createSampler, type SamplerOptions } from '../../src/search/create-sampler.ts';
import { configurationKey, isInside, toUnit } from '../../src/search/space.ts';
import {
  bufferDominates,
  knobsInPlay,
  ROUTER_KNOBS,
  ROUTER_TODAY,
  repairBuffers,
  scorer,
} from '../support/model-router.ts';

const options: SamplerOptions = {
  ...{ knobs: ROUTER_KNOBS, start: ROUTER_TODAY, seed: 1, repair: repairBuffers },
  name: 'local-steps',
};

function run(overrides: Partial<SamplerOptions>, asks: number, score: (c: Configuration) => number) {
  const sampler = createSampler({ ...options, ...overrides });
  const proposals: { configuration: Configuration; from: string }[] = [];
  for (let n = 0; n < asks; n += 1) {
    const proposal = sampler.ask();
    if (proposal === null) break;
    proposals.push(proposal);
    sampler.tell({ configuration: proposal.configuration, score: score(proposal.configuration) });
  }
  return proposals;
}

test('every proposal is new, inside the ranges, repaired, and sets exactly the knobs in play', () => {
  fc.assert(
    fc.property(fc.integer(), fc.double({ min: 0, max: 0.5, noNaN: true }), (seed, noise) => {
      const proposals = run({ seed }, 40, scorer(bufferDominates, noise, seed));
      expect(proposals).toHaveLength(40);
      const keys = [ROUTER_TODAY, ...proposals.map(({ configuration }) => configuration)].map(
        configurationKey,
      );
      expect(new Set(keys).size).toBe(41);
      for (const { configuration } of proposals) {
        expect(Object.keys(configuration).sort()).toEqual(Object.keys(ROUTER_TODAY).sort());
        expect(isInside(ROUTER_KNOBS, configuration)).toBe(true);
        expect(configuration).toEqual(repairBuffers(configuration));
      }
    }),
    { numRuns: 30, seed: 1 },
  );
});

test('the same seed and scores give the same proposals; another seed gives others', () => {
  const proposals = (seed: number) => run({ seed }, 20, scorer(bufferDominates, 0.1, 1));
  expect(proposals(5)).toEqual(proposals(5));
  expect(proposals(5)).not.toEqual(proposals(6));
});

test('the first two proposals are bold, then the space is filled, then it steps around the best', () => {
  const origins = run({}, 30, scorer(bufferDominates, 0, 1)).map(({ from }) => from.split(':')[0]);
  expect(origins.slice(0, 3)).toEqual(['bold move', 'bold move', 'space-filling']);
  const later = origins.slice(3);
  expect(later.filter((from) => from === 'step around the best').length).toBeGreaterThan(20);
  expect(new Set(later)).toEqual(new Set(['step around the best', 'space-filling']));
});

test('a step changes one to three knobs of the best, repairs aside, and says which', () => {
  const steps = run({ repair: (c) => c }, 40, () => 1).filter(({ from }) => from.startsWith('step'));
  const first = run({ repair: (c) => c }, 1, () => 1)[0];
  for (const { configuration, from } of steps) {
    const changed = Object.keys(configuration).filter(
      (name) => configuration[name] !== first?.configuration[name],
    );
    expect(changed.length).toBeGreaterThanOrEqual(1);
    expect(changed.length).toBeLessThanOrEqual(3);
    for (const name of changed) expect(from).toContain(name);
  }
});

test('few knobs get few first points', () => {
  const knobs = knobsInPlay(['net.core.rmem_default']);
  const origins = run({ knobs }, 6, () => 1).map(({ from }) => from);
  expect(origins.slice(2).some((from) => from.startsWith('step'))).toBe(true);
});

test('steps come closer to the best while nothing pays', () => {
  const sampler = createSampler({ ...options, repair: (c) => c });
  sampler.tell({ configuration: ROUTER_TODAY, score: 100 });
  const lengths: number[] = [];
  for (let n = 0; n < 60; n += 1) {
    const proposal = sampler.ask();
    if (!proposal) break;
    sampler.tell({ configuration: proposal.configuration, score: 1 });
    if (!proposal.from.startsWith('step')) continue;
    const moved = ROUTER_KNOBS.map((knob) =>
      Math.abs(
        toUnit(knob, proposal.configuration[knob.knob.name]) - toUnit(knob, ROUTER_TODAY[knob.knob.name]),
      ),
    );
    lengths.push(Math.max(...moved));
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(lengths.slice(-20))).toBeLessThan(mean(lengths.slice(0, 5)) / 2);
});

test('a failed configuration never becomes the centre', () => {
  const sampler = createSampler({ ...options, repair: (c) => c });
  const good: Configuration = { ...ROUTER_TODAY, 'router.workers': 3 };
  sampler.tell({ configuration: good, score: 10 });
  sampler.tell({ configuration: { ...ROUTER_TODAY, 'router.pkg': 60 }, score: Number.NEGATIVE_INFINITY });
  sampler.tell({ configuration: { ...ROUTER_TODAY, 'router.pkg': 61 }, score: Number.NaN });
  for (let n = 0; n < 40; n += 1) {
    const proposal = sampler.ask();
    if (!proposal) break;
    sampler.tell({ configuration: proposal.configuration, score: Number.NEGATIVE_INFINITY });
    if (!proposal.from.startsWith('step')) continue;
    const kept = Object.keys(good).filter((name) => proposal.configuration[name] === good[name]);
    expect(kept.length).toBeGreaterThanOrEqual(5);
  }
});

test('a configuration that failed once is not the best because it scored well another time', () => {
  const sampler = createSampler({ ...options, repair: (c) => c });
  const lucky = { ...ROUTER_TODAY, 'router.workers': 15, 'router.shm': 1_024, 'router.pkg': 64 };
  sampler.tell({ configuration: lucky, score: 1e6 });
  sampler.tell({ configuration: lucky, score: Number.NEGATIVE_INFINITY });
  sampler.tell({ configuration: ROUTER_TODAY, score: 5 });
  const steps = Array.from({ length: 20 }, () => sampler.ask()).filter((p) => p?.from.startsWith('step'));
  for (const step of steps) expect(step?.configuration['router.pkg']).not.toBe(64);
});

test('it learns from contenders outside its ranges, and steps around them from inside', () => {
  const sampler = createSampler({ ...options, repair: (c) => c });
  const contender = {
    ...ROUTER_TODAY,
    'net.core.rmem_default': 64 * 1024 ** 2,
    'router.workers': 2,
    extra: 'text',
  };
  sampler.tell({ configuration: ROUTER_TODAY, score: 100 });
  sampler.tell({ configuration: contender, score: 1e6 });
  for (let n = 0; n < 30; n += 1) {
    const proposal = sampler.ask();
    expect(proposal && isInside(ROUTER_KNOBS, proposal.configuration)).toBe(true);
    expect(proposal?.configuration).not.toHaveProperty('extra');
    if (!proposal?.from.startsWith('step')) continue;
    const rmem = ROUTER_KNOBS[0] as KnobInPlay;
    expect(toUnit(rmem, proposal.configuration['net.core.rmem_default'])).toBeGreaterThan(0.3);
  }
});

test('what was told is never proposed', () => {
  const first = createSampler(options).ask();
  const sampler = createSampler(options);
  sampler.tell({ configuration: first?.configuration ?? {}, score: 3 });
  expect(sampler.ask()?.configuration).not.toEqual(first?.configuration);
});

test('a small space is proposed completely, today excepted, then null', () => {
  const knobs = knobsInPlay(['router.workers', 'router.pkg']).map((knob, i) => ({
    ...knob,
    min: 4 + i,
    max: 8,
  }));
  const proposals = run({ knobs, start: { 'router.workers': 8, 'router.pkg': 8 } }, 100, () => 1);
  expect(proposals).toHaveLength(5 * 4 - 1);
});

test('the one configuration that a constraint leaves is found, where the space can be walked through', () => {
  const knobs = knobsInPlay(['router.workers', 'router.pkg', 'net.core.netdev_max_backlog']).map((knob) =>
    knob.knob.unit === 'packets' ? { ...knob, max: 1_800 } : knob,
  );
  const allowed = { 'router.workers': 13, 'router.pkg': 52, 'net.core.netdev_max_backlog': 1_700 };
  const repair = (c: Configuration) => (configurationKey(c) === configurationKey(allowed) ? c : null);
  for (const seed of [1, 2, 3, 4])
    expect(run({ knobs, seed, repair }, 5, () => 1).map(({ configuration }) => configuration)).toEqual([
      allowed,
    ]);
});

test('null when nothing is in play, or nothing can be repaired', () => {
  expect(createSampler({ ...options, knobs: [] }).ask()).toBeNull();
  expect(createSampler({ ...options, repair: () => null }).ask()).toBeNull();
});

test('a repair that leaves the range the scenario gave is not proposed', () => {
  const repair = (c: Configuration) =>
    Number(c['router.workers']) > 4 ? { ...c, 'router.shm': 1_000_000 } : c;
  for (const { configuration } of run({ repair }, 30, () => 1))
    expect(configuration['router.workers']).toBeLessThanOrEqual(4);
});

test('proposals that are still out do not hold up the next ones', () => {
  const sampler = createSampler(options);
  const open = Array.from({ length: 12 }, () => sampler.ask());
  expect(new Set(open.map((proposal) => configurationKey(proposal?.configuration ?? {}))).size).toBe(12);
});

test('around each best every other name is tried once, before anything else is', () => {
  const [allocator, workers] = knobsInPlay(['router.allocator', 'router.workers']) as [
    KnobInPlay,
    KnobInPlay,
  ];
  const named: KnobInPlay = { ...allocator, min: 0, max: 2, choices: ['qm', 'fm', 'tlsf'] };
  const sampler = createSampler({
    knobs: [named, workers],
    name: 'local-steps',
    start: { 'router.allocator': 'qm', 'router.workers': 8 },
    seed: 3,
    repair: (configuration) => configuration,
  });
  const score = ({ 'router.allocator': name, 'router.workers': n }: Configuration) =>
    (name === 'fm' ? 2 : 1) * (20 - Number(n));
  const seen: Configuration[] = [];
  for (let n = 0; n < 12; n += 1) {
    const proposal = sampler.ask();
    if (!proposal) break;
    seen.push(proposal.configuration);
    sampler.tell({ configuration: proposal.configuration, score: score(proposal.configuration) });
  }
  const best = seen.reduce((a, b) => (score(b) > score(a) ? b : a));
  expect(best['router.allocator']).toBe('fm');
  for (const name of ['qm', 'tlsf'])
    expect(seen).toContainEqual({ 'router.allocator': name, 'router.workers': best['router.workers'] });
});

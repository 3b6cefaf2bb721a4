// The sampler that is led by what gave way.
import { expect, test } from 'vitest';
import type { Limiter } from '../../src/campaign/verdict.ts';
import { CATALOGUE } from '../../src/knobs/catalogue.ts';
import { createSampler } from '../../src/search/create-sampler.ts';
import { knobsInPlay, ROUTER_KNOBS, ROUTER_TODAY, repairBuffers } from '../support/model-router.ts';

const MIXED = [...ROUTER_KNOBS, ...knobsInPlay(['txqueuelen'])];
const TODAY = { ...ROUTER_TODAY, txqueuelen: 1_000 };

function proposals(limiters: readonly Limiter[], asks: number) {
  const sampler = createSampler({
    ...{ knobs: MIXED, start: TODAY, seed: 1, repair: repairBuffers, name: 'guided' as const },
  });
  sampler.tell({ configuration: TODAY, score: 100, limiters });
  return Array.from({ length: asks }, () => {
    const proposal = sampler.ask();
    if (proposal === null) return null;
    sampler.tell({ configuration: proposal.configuration, score: 90, limiters });
    return proposal;
  }).flatMap((proposal) => proposal ?? []);
}

test('a knob whose signal never moved earns no trials', () => {
  const tried = proposals(['socket-buffer', 'worker-cpu'], 40);
  expect(tried).toHaveLength(40);
  for (const { configuration } of tried)
    for (const name of [
      'txqueuelen',
      'net.core.netdev_max_backlog',
      'net.core.wmem_default',
      'router.pkg',
      'router.shm',
    ])
      expect(configuration[name], name).toBe(TODAY[name as keyof typeof TODAY]);
  for (const name of ['net.core.rmem_default', 'router.maxbuffer', 'router.workers'])
    expect(new Set(tried.map(({ configuration }) => configuration[name])).size, name).toBeGreaterThan(3);
});

test('what relieves the limiter of the best is tried soon, all of it together, and said', () => {
  const relief = proposals(['qdisc'], 6).find(({ from }) => from.startsWith('relief of qdisc'));
  expect(relief?.from).toContain('txqueuelen');
  expect(Number(relief?.configuration.txqueuelen)).toBeGreaterThan(1_000);
});

test('where no counter explains the loss, every knob may matter', () => {
  const tried = proposals(['unknown'], 60);
  for (const { knob } of MIXED)
    expect(
      new Set(tried.map(({ configuration }) => configuration[knob.name])).size,
      knob.name,
    ).toBeGreaterThan(1);
});

test('nothing more is proposed once everything that can matter was tried', () => {
  expect(proposals(['conntrack'], 3)).toEqual([]);
});

test('every knob of the catalogue says what it can relieve', () => {
  for (const { name, signals } of CATALOGUE) expect(signals?.length, name).toBeGreaterThan(0);
});

test('where something else gives way as soon as the first was relieved, both are relieved together', () => {
  const sampler = createSampler({
    ...{ knobs: MIXED, start: TODAY, seed: 1, repair: repairBuffers, name: 'guided' as const },
  });
  sampler.tell({ configuration: TODAY, score: 100, limiters: ['qdisc'] });
  const froms: string[] = [];
  for (let n = 0; n < 6; n += 1) {
    const proposal = sampler.ask();
    if (proposal === null) break;
    froms.push(proposal.from);
    // The queue is long enough now, and the backlog is no longer.
    const limiters: Limiter[] = [
      Number(proposal.configuration.txqueuelen) > 1_000 ? 'softnet-backlog' : 'qdisc',
    ];
    sampler.tell({ configuration: proposal.configuration, score: 99, limiters });
  }
  const both = froms.find((from) => from.startsWith('relief of qdisc and softnet-backlog'));
  expect(both, froms.join('\n')).toMatch(/netdev_max_backlog/);
});

test('a limit that begins between two configurations is looked for between them', () => {
  const sampler = createSampler({
    ...{ knobs: MIXED, start: TODAY, seed: 1, repair: repairBuffers, name: 'guided' as const },
  });
  sampler.tell({ configuration: TODAY, score: 100, limiters: ['socket-buffer'] });
  const best = 3_000_000;
  let found = 0;
  for (let n = 0; n < 12 && found < 0.7 * best; n += 1) {
    const proposal = sampler.ask();
    if (proposal === null) break;
    const buffer = Number(proposal.configuration['router.maxbuffer']);
    const score = buffer > best ? 50 : buffer / 1_000;
    if (buffer <= best) found = Math.max(found, buffer);
    const limiters: Limiter[] = [buffer > best ? 'delay' : 'socket-buffer'];
    sampler.tell({ configuration: proposal.configuration, score, limiters });
  }
  expect(found).toBeGreaterThanOrEqual(0.7 * best);
});

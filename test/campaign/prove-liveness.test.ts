// Knobs are changed once and their effect is read: what does not move is left out, whatever was expected of it.
import { expect, test } from 'vitest';
import { type ProofDeps, proveLiveness } from '../../src/campaign/prove-liveness.ts';
import { knobByName } from '../../src/knobs/catalogue.ts';
import { predictedRcvbufBytes } from '../../src/knobs/constraints.ts';
import type { Configuration, KnobInPlay } from '../../src/knobs/knob.ts';
import { parseQueueLimits } from '../../src/knobs/queue-limits.ts';
import { createFakeHost } from '../support/fake-host.ts';

const MIB = 1024 ** 2;
const TODAY: Configuration = {
  'net.core.rmem_default': 212_992,
  'net.core.rmem_max': 4 * MIB,
  'router.maxbuffer': 262_144,
  txqueuelen: 1_000,
};
const NAMES = Object.keys(TODAY);

const inPlay = (names: readonly string[]): readonly KnobInPlay[] =>
  names.map((name) => {
    const knob = knobByName(name);
    if (!knob) throw new Error(name);
    return { knob, min: knob.search.min, max: knob.search.max };
  });

/** A router whose receive buffer is `bufferOf` the settings in force, behind a queue whose limit is `limitOf` them. */
async function prove(
  names: readonly string[],
  world: {
    readonly bufferOf?: (value: (name: string) => number) => number | null;
    readonly limitOf?: (value: (name: string) => number) => number;
    readonly refuses?: (configuration: Configuration) => boolean;
    readonly keepInert?: boolean;
  } = {},
) {
  let inForce = TODAY;
  const applied: Configuration[] = [];
  const warnings: string[] = [];
  const value = (name: string) => Number(inForce[name]);
  const asExpected = (of: typeof value) =>
    predictedRcvbufBytes(of('net.core.rmem_default'), of('net.core.rmem_max'), of('router.maxbuffer'));
  const span = (name: string) => {
    const [one] = inPlay([name]);
    const today = Number(TODAY[name]);
    return one && names.includes(name)
      ? { today, min: one.min, max: one.max }
      : { today, min: today, max: today };
  };
  const tc = () =>
    JSON.stringify([
      { kind: 'pfifo', options: { limit: (world.limitOf ?? ((of) => of('txqueuelen')))(value) } },
    ]);
  const host = createFakeHost({ commands: { tc: '' }, files: {} });
  const deps: ProofDeps = {
    target: {
      routerHost: { ...host, run: async (argv) => ({ ...(await host.run(argv)), stdout: tc() }) },
      devices: ['out'],
      router: { effectiveRcvbufBytes: async () => (world.bufferOf ?? asExpected)(value) },
    },
    applier: {
      async apply(configuration) {
        if (world.refuses?.(configuration)) return { state: 'failed', reason: 'it did not start', log: [] };
        applied.push(configuration);
        inForce = { ...TODAY, ...configuration };
        return { state: 'applied', restarted: true };
      },
    },
    buffer: {
      'net.core.rmem_default': span('net.core.rmem_default'),
      'net.core.rmem_max': span('net.core.rmem_max'),
      'router.maxbuffer': span('router.maxbuffer'),
    },
    current: TODAY,
    keepInert: world.keepInert ?? false,
    emit: async (event) => {
      if (event.type === 'warning') warnings.push(event.message);
    },
    signal: new AbortController().signal,
  };
  const proven = await proveLiveness(inPlay(names), deps);
  return { left: proven.inPlay.map(({ knob }) => knob.name), inert: proven.inert, applied, warnings, value };
}

test('what moves is live; each setting was changed once, and today’s are in force again', async () => {
  const { left, inert, applied, value } = await prove(NAMES);
  expect(left).toEqual(NAMES);
  expect(inert).toEqual([]);
  expect(applied.length).toBeLessThanOrEqual(5);
  expect(Object.fromEntries(NAMES.map((name) => [name, value(name)]))).toEqual(TODAY);
});

test('a router that never asks for a buffer: maxbuffer and rmem_max are found out, rmem_default acts', async () => {
  const { left, inert } = await prove(NAMES, { bufferOf: (value) => value('net.core.rmem_default') });
  expect(left).toEqual(['net.core.rmem_default', 'txqueuelen']);
  expect(inert).toContainEqual({
    knob: 'router.maxbuffer',
    reason: "set to 33554432, the router's receive buffer stays at 212992",
  });
  expect(inert.map(({ knob }) => knob)).toEqual(['net.core.rmem_max', 'router.maxbuffer']);
});

test('rmem_max does nothing for a router that forces its buffer, though maxbuffer acts', async () => {
  const { inert } = await prove(NAMES, {
    bufferOf: (value) => Math.max(value('net.core.rmem_default'), 2 * value('router.maxbuffer')),
  });
  expect(inert.map(({ knob }) => knob)).toEqual(['net.core.rmem_max']);
});

test('a queue that does not follow txqueuelen', async () => {
  const { left, inert } = await prove(['txqueuelen'], { limitOf: () => 1_000 });
  expect(left).toEqual([]);
  expect(inert[0]?.reason).toMatch(/set to 10000, the limit of the queue of out stays at 1000 \(pfifo\)/);
});

test('what was asked to be kept stays, with a warning', async () => {
  const { left, inert, warnings } = await prove(['txqueuelen'], { limitOf: () => 1_000, keepInert: true });
  expect(left).toEqual(['txqueuelen']);
  expect(inert).toEqual([]);
  expect(warnings[0]).toMatch(/txqueuelen is kept in play, though it does nothing here/);
});

test('what cannot be read, or does not start, proves nothing', async () => {
  expect((await prove(NAMES, { bufferOf: () => null })).left).toEqual(NAMES);
  const { left, warnings } = await prove(NAMES, { refuses: (wanted) => 'router.maxbuffer' in wanted });
  expect(left).toEqual(NAMES);
  expect(warnings).toEqual([expect.stringMatching(/it did not start/)]);
});

test('limits are read of every queue, also of one that a class has by itself', () => {
  const rows = [
    { kind: 'htb', handle: '1:', root: true, options: { r2q: 10 } },
    { kind: 'pfifo', handle: '0:', parent: '1:10', options: { limit: 1000 } },
  ];
  expect(parseQueueLimits(JSON.stringify(rows))).toBe('1000 (pfifo)');
  expect(parseQueueLimits('[]')).toBeNull();
  expect(parseQueueLimits('noqueue')).toBeNull();
});

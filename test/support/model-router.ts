// Routers made of one formula each, for tests of the search and of the statistics: the burst that a configuration
// carries, with noise. The knobs are those of the real catalogue.
import { knobByName } from '../../src/knobs/catalogue.ts';
import { predictedRcvbufBytes } from '../../src/knobs/constraints.ts';
import type { Configuration, KnobInPlay } from '../../src/knobs/knob.ts';
import { createRandom, type Random } from '../../src/stats/random.ts';

export const ROUTER_TODAY: Configuration = {
  'net.core.rmem_default': 212_992,
  'net.core.rmem_max': 212_992,
  'net.core.wmem_default': 212_992,
  'net.core.netdev_max_backlog': 1_000,
  'router.maxbuffer': 262_144,
  'router.workers': 8,
  'router.shm': 64,
  'router.pkg': 8,
};

export const ROUTER_KNOBS: readonly KnobInPlay[] = knobsInPlay(Object.keys(ROUTER_TODAY));

export type Model = (value: (name: string) => number) => number;

const BYTES_PER_CALL = 2_600;

/** What the receive buffer holds, and less with every worker beyond two: they wake each other up. */
export const bufferDominates: Model = (value) =>
  (receiveBuffer(value) / BYTES_PER_CALL) * (1 - 0.04 * Math.max(0, value('router.workers') - 2));

/** The same, but a buffer that holds more than the router answers in time makes calls late: a flat top. */
export const lateBeyondEnough: Model = (value) => {
  const held = receiveBuffer(value) / BYTES_PER_CALL;
  const inTime = 3_200 - 110 * value('router.workers');
  return held <= inTime ? held : Math.max(0.3 * inTime, inTime - 0.1 * (held - inTime));
};

/** The burst must fit into the buffer and into the backlog; three workers are best. */
export const queuesAndWorkers: Model = (value) =>
  Math.min(receiveBuffer(value) / BYTES_PER_CALL, value('net.core.netdev_max_backlog') / 2) *
  (1 - 0.05 * Math.abs(value('router.workers') - 3));

/** A smooth peak in the inside of four ranges, which today's values are far from. */
export const insidePeak: Model = (value) => {
  const distance = (name: string, peak: number) => Math.log2(value(name) / peak) ** 2;
  return (
    2_000 *
    Math.exp(
      -0.05 * distance('net.core.rmem_default', 4 * 1024 ** 2) -
        0.1 * distance('router.workers', 2) -
        0.1 * distance('router.shm', 512) -
        0.1 * distance('net.core.netdev_max_backlog', 4_000),
    )
  );
};

/** Scores of a model, as measured with that relative standard deviation. */
export function scorer(model: Model, noise: number, seed: number): (configuration: Configuration) => number {
  const random = createRandom(seed);
  return (configuration) => trueScore(model, configuration) * Math.exp(noise * gaussian(random));
}

export function trueScore(model: Model, configuration: Configuration): number {
  return model((name) => Number(configuration[name] ?? ROUTER_TODAY[name]));
}

/** The part of the real constraints that these models need. */
export function repairBuffers(configuration: Configuration): Configuration {
  const maxbuffer = Number(configuration['router.maxbuffer']);
  const rmemMax = Math.max(Number(configuration['net.core.rmem_max']), maxbuffer);
  return { ...configuration, 'net.core.rmem_max': rmemMax };
}

export function knobsInPlay(names: readonly string[]): KnobInPlay[] {
  return names.map((name) => {
    const knob = knobByName(name);
    if (!knob) throw new Error(`${name} is not in the catalogue`);
    return { knob, min: knob.search.min, max: knob.search.max };
  });
}

/** G. E. P. Box, M. E. Muller, 1958. */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function receiveBuffer(value: (name: string) => number): number {
  return predictedRcvbufBytes(
    value('net.core.rmem_default'),
    value('net.core.rmem_max'),
    value('router.maxbuffer'),
  );
}

// The landscape `article` stands for the lab: its capacities and bursts are compared with those that were measured there.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Configuration } from '../../src/knobs/knob.ts';
import { ARTICLE } from '../../src/sim/landscapes/article.ts';
import { createTruth } from '../../src/sim/truth.ts';
import { percentile } from '../../src/stats/percentiles.ts';

const WITHIN = 0.15;
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** As scripts/bench/lab-capacity/main.ts measured. */
const LAB_LOAD = {
  ...{ holdMs: 200, warmupMs: 500, windowMs: 3_000 },
  arrivals: { kind: 'bursts', factor: 4, everyMs: 1_000, forMs: 100 },
} as const;
const LAB_CONFIGURATIONS: Readonly<Record<string, Configuration>> = {
  'rmem_default 212992': {},
  'rmem_default 8 MiB': { 'net.core.rmem_default': 8 * 1024 ** 2 },
};

test.each(Object.entries(LAB_CONFIGURATIONS))(
  'the capacity with %s is that of results/lab-capacity.json',
  (name, configuration) => {
    const measurements: readonly { name: string; capacityCps: { estimate: number } }[] =
      read('results/lab-capacity.json');
    const estimates = measurements.filter((one) => one.name === name).map((one) => one.capacityCps.estimate);
    const measured = percentile(Float64Array.from(estimates), 0.5);
    const simulated = createTruth(ARTICLE, { load: LAB_LOAD }).metricOf(configuration, 'capacityCps');
    expect(Math.abs(simulated / measured - 1)).toBeLessThan(WITHIN);
  },
);

const result = read('results/calibration.json');
const truth = createTruth(ARTICLE);

test.each([
  ['today', result.baseline],
  ['the article', result.contenders[0]],
  ['the winner', result.winner],
])('the burst of %s is that of results/calibration.json', (_name, { config, burstCalls }) => {
  const simulated = truth.metricOf(config, 'burstCalls');
  expect(Math.abs(simulated / burstCalls.estimate - 1)).toBeLessThan(WITHIN);
});

test('the capacity of today is that of the pair that the proof of results/calibration.json measured', () => {
  const [[todays]] = result.samples.capacityCps;
  expect(Math.abs(truth.metricOf({}, 'capacityCps') / todays - 1)).toBeLessThan(WITHIN);
});

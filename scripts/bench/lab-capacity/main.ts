// npm run bench:lab-capacity: how well a capacity measurement repeats on the real lab. Two configurations of Kamailio are measured
// in turn, each time as if nothing were known: a small receive buffer and a large one. "-- --count N" takes another number of
// measurements of each (10), "-- --arrivals even" calls that come evenly instead of in bursts (which is what a buffer is for),
// "-- --out DIR" another place for the raw results. Needs root; restores at its end.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { NewEvent } from '../../../src/campaign/events.ts';
import { createLiveTestBed } from '../../../src/campaign/live-test-bed.ts';
import { createSpoilt, measure } from '../../../src/campaign/measure.ts';
import { openTarget } from '../../../src/campaign/open-target.ts';
import { systemClock } from '../../../src/clock.ts';
import { CATALOGUE } from '../../../src/knobs/catalogue.ts';
import type { Configuration } from '../../../src/knobs/knob.ts';
import { formatProblems, loadScenario } from '../../../src/scenario/load-scenario.ts';
import type { Arrivals } from '../../../src/scenario/scenario.ts';
import type { Interval } from '../../../src/stats/interval.ts';
import { createLocalHost } from '../../../src/targets/local-host.ts';
import { type Measurement, renderTable } from './table.ts';

const CONFIGURATIONS: Readonly<Record<string, Configuration>> = {
  'rmem_default 212992': { 'net.core.rmem_default': 212_992 },
  'rmem_default 8 MiB': { 'net.core.rmem_default': 8 * 1024 ** 2 },
};
const ARRIVALS: Readonly<Record<string, Arrivals | 'even'>> = {
  even: 'even',
  bursts: { kind: 'bursts', factor: 4, everyMs: 1_000, forMs: 100 },
};
const WIDTH = 0.02;
const LIMIT_MS = 45_000;
/** What a measurement may not begin any more in its last seconds: the trial that runs then, and its recovery. */
const LAST_TRIAL_MS = 7_000;
const BUDGET_MS = 3_600_000;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10' },
    arrivals: { type: 'string', default: 'bursts' },
    out: {
      type: 'string',
      default: join('results', `lab-capacity-${new Date().toISOString().slice(0, 10)}`),
    },
  },
});
const count = Number(values.count);
if (!Number.isInteger(count) || count < 1 || count > 1_000) {
  process.stderr.write(`--count takes a whole number from 1 to 1000, not "${values.count}"\n`);
  process.exit(2);
}
const arrivals = ARRIVALS[values.arrivals];
if (arrivals === undefined) {
  process.stderr.write(`--arrivals takes ${Object.keys(ARRIVALS).join(' or ')}, not "${values.arrivals}"\n`);
  process.exit(2);
}
if (process.getuid?.() !== 0) {
  process.stderr.write('this changes kernel and router settings, which needs root: run it with sudo\n');
  process.exit(2);
}

const loaded = await loadScenario('scenarios/lab-kamailio.yaml', CATALOGUE);
if (loaded.state === 'invalid') throw new Error(formatProblems(loaded.problems));
const scenario = {
  ...loaded.scenario,
  load: {
    ...loaded.scenario.load,
    ...{ holdMs: 200, uaRateCps: 0, warmupMs: 500, windowMs: 3_000 },
    arrivals: arrivals === 'even' ? undefined : arrivals,
  },
};
const out = resolve(values.out);
mkdirSync(out, { recursive: true });
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const emit = async (event: NewEvent) => {
  if (event.type === 'warning') process.stderr.write(`${event.message}\n`);
};
const clock = systemClock;
const target = openTarget({
  ...{ scenario, campaign: 'bench-lab-capacity', machine: createLocalHost(), clock, emit },
  workDir: join(out, 'router'),
});
const signal = AbortSignal.any([stop.signal, target.safeguard.signal]);
const trialDir = (n: number) => join(out, 'trials', String(n));
const bed = createLiveTestBed({
  ...{ scenario, clock, emit, signal, trialDir },
  ...{ openTarget: target.open, closeTarget: target.close, safeguard: target.safeguard },
});
const measurements: Measurement[] = [];
try {
  const { current } = await bed.prepare();
  for (let n = 0; n < count && !signal.aborted; n += 1) {
    const names = Object.keys(CONFIGURATIONS);
    // A B B A: what drifts meets both alike.
    for (const name of n % 2 === 0 ? names : names.toReversed()) {
      if (signal.aborted) break;
      measurements.push(await measureOnce(name, { ...current, ...CONFIGURATIONS[name] }));
      writeFileSync(join(out, 'measurements.json'), `${JSON.stringify(measurements, null, 2)}\n`);
    }
  }
} finally {
  const { complete, failures } = await bed.restore();
  if (!complete) process.stderr.write(`not restored: ${failures.join('; ')}\n`);
  await target.disconnect();
}
process.stdout.write(renderTable(measurements));
process.stderr.write(`raw results: ${out}\n`);

async function measureOnce(name: string, configuration: Configuration): Promise<Measurement> {
  const applied = await bed.apply(configuration, `benchmark: ${name}`);
  if (applied.state === 'failed') throw new Error(`${name}: ${applied.reason}`);
  const startMs = clock.nowMs();
  const found = await measure(
    {
      ...{ label: name, metric: 'capacityCps', prior: undefined, width: WIDTH },
      deadlineMs: startMs + LIMIT_MS - LAST_TRIAL_MS,
      budgetEndMs: startMs + BUDGET_MS,
    },
    { bed, clock, load: scenario.load, signal, spoilt: createSpoilt() },
  );
  const measurement = {
    name,
    capacityCps: found.limit satisfies Interval,
    seconds: (clock.nowMs() - startMs) / 1_000,
    decided: found.decided,
    trials: found.evidence,
  };
  process.stderr.write(
    `${name}: ${found.limit.estimate} (${found.limit.low} to ${found.limit.high}) calls/s, ${found.trials} trials, ${measurement.seconds.toFixed(0)} s\n`,
  );
  return measurement;
}

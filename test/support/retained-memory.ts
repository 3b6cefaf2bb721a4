// A program for a test: a campaign over the model, with as many meters in each trial as a real one has, that says what of it
// stays in memory. Its one argument is the number of trials after which it is interrupted.
import { runCampaign } from '../../src/campaign/campaign.ts';
import { createFakeClock } from './fake-clock.ts';
import { createModelBed } from './model-bed.ts';

const METERS = 20;
const VALUES_OF_EACH = 200;
const LONG_ENOUGH_MS = 24 * 3_600_000;

const wanted = Number(process.argv[2]);
const clock = createFakeClock();
const controller = new AbortController();
const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
await runCampaign({
  id: 'memory',
  scenario: {
    ...{ name: 'model', path: '/model.yaml', knobs: [], contenders: [], seed: 1, budgetMs: LONG_ENOUGH_MS },
    target: { kind: 'lab', egressBitsPerS: undefined },
    router: { kind: 'kamailio', binary: undefined, config: undefined, service: undefined, settings: {} },
    load: { flow: 'invite', holdMs: 500, uaRateCps: 2, warmupMs: 1_500, windowMs: 5_000 },
    objective: { maximise: 'burstCalls', guards: [], maxLoss: 0.001, maxP99SetupMs: 200 },
    safety: { deadmanMs: 60_000 },
  },
  bed: createModelBed({
    clock,
    noise: 0.03,
    // A journal writes, and forgets.
    emit: async () => {},
    // Numbers of their own, so that no two trials can share them.
    metersOf: () =>
      Object.fromEntries(
        names('meter', METERS).map((meter) => [
          meter,
          Object.fromEntries(names('value', VALUES_OF_EACH).map((value) => [value, Math.random()])),
        ]),
      ),
    onTrial: (n) => {
      if (n < wanted || controller.signal.aborted) return;
      controller.abort();
      // While the campaign still holds what it holds.
      globalThis.gc?.();
      const { heapUsed: heapBytes, rss: rssBytes } = process.memoryUsage();
      process.stdout.write(JSON.stringify({ trials: n, heapBytes, rssBytes }));
    },
  }),
  clock,
  emit: async () => {},
  signal: controller.signal,
});

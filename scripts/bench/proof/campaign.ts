// One campaign on a simulated router, as siptune runs it, and what is true of the configuration that it put to the proof.
import { mean } from 'simple-statistics';
import { runCampaign } from '../../../src/campaign/campaign.ts';
import { createSimulatedTestBed } from '../../../src/campaign/simulated-test-bed.ts';
import type { TestBed } from '../../../src/campaign/test-bed.ts';
import type { Configuration } from '../../../src/knobs/knob.ts';
import { isLimit } from '../../../src/scenario/metrics.ts';
import type { LimitMetric } from '../../../src/scenario/scenario.ts';
import { createDrift } from '../../../src/sim/disturbance.ts';
import type { LandscapeName } from '../../../src/sim/landscape-names.ts';
import { landscapeNamed } from '../../../src/sim/landscapes/index.ts';
import { createTruth, type Truth } from '../../../src/sim/truth.ts';
import { createVirtualClock } from '../../../src/sim/virtual-clock.ts';
import { scenarioOn } from '../landscape-scenario.ts';

export interface Order {
  readonly landscape: LandscapeName;
  readonly noisePct: number;
  readonly seed: number;
}

export interface Seen extends Order {
  readonly verdict: string;
  readonly reason: string;
  /** What the proof says of the ratio, and what is true; null where the campaign came to no proof. */
  readonly claimed: { readonly estimate: number; readonly low: number; readonly high: number } | null;
  /** At the speed that the machine had, on average, while the proof was measured. */
  readonly truth: number | null;
  /** At the machine's usual speed. */
  readonly still: number | null;
  readonly pairs: number;
  readonly settings: number | null;
  readonly seconds: number;
}

const DATE = new Date('2026-01-01T00:00:00Z');
const truths = new Map<string, Truth>();
/** Speeds of the machine that are told apart. */
const SPEED_STEP = 0.01;

export async function proofOn(order: Order): Promise<Seen> {
  const { scenario, sim } = scenarioOn(landscapeNamed(order.landscape), order.noisePct, order.seed);
  const clock = createVirtualClock({ date: () => DATE });
  const { signal } = new AbortController();
  const emit = async () => {};
  const bed = createSimulatedTestBed({ scenario, sim, clock, emit, signal });
  const driftAt = createDrift(order.seed, order.noisePct / 100);
  let proven: Configuration | null = null;
  let isProof = false;
  const speeds: number[] = [];
  const watched: TestBed = {
    ...bed,
    apply: (configuration, reason) => {
      isProof ||= reason.startsWith('proof: ');
      if (/^proof: (?!current$)/.test(reason)) proven = configuration;
      return bed.apply(configuration, reason);
    },
    offer: (label, plan) => {
      if (isProof) speeds.push(Math.log(driftAt(clock.nowMs())));
      return bed.offer(label, plan);
    },
  };
  const result = await runCampaign({ id: 'bench', scenario, bed: watched, clock, emit, signal });
  const { comparison, verdict, reason } = result;
  const ratioAt = (speed: number) =>
    proven === null || comparison === null || !isLimit(comparison.metric)
      ? null
      : trueRatio(order.landscape, proven, comparison.metric, speed);
  return {
    ...order,
    ...{ verdict, reason },
    claimed: comparison?.ratio ?? null,
    truth: ratioAt(speeds.length === 0 ? 1 : Math.exp(mean(speeds))),
    still: ratioAt(1),
    pairs: comparison?.pairs ?? 0,
    settings: result.winner && result.baseline ? changes(result.baseline.config, result.winner.config) : null,
    seconds: clock.nowMs() / 1_000,
  };
}

function trueRatio(
  name: LandscapeName,
  configuration: Configuration,
  metric: LimitMetric,
  exactSpeed: number,
) {
  const speed = Math.round(exactSpeed / SPEED_STEP) * SPEED_STEP;
  const key = `${name} ${speed}`;
  const truth = truths.get(key) ?? createTruth(landscapeNamed(name), { speed });
  truths.set(key, truth);
  return truth.metricOf(configuration, metric) / truth.metricOf({}, metric);
}

function changes(today: Configuration, configuration: Configuration): number {
  return Object.entries(configuration).filter(([name, value]) => today[name] !== value).length;
}

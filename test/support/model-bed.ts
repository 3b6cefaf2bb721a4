// A test bed made of arithmetic: a router whose burst is what its receive buffer holds and whose capacity falls with the
// number of its workers. It has no sockets and no processes, so a campaign over it takes milliseconds.

import type { Emit, TrialRecord } from '../../src/campaign/events.ts';
import type { ApplyOutcome, Prepared, TestBed } from '../../src/campaign/test-bed.ts';
import { count, createTally } from '../../src/campaign/trial-tally.ts';
import type { Verdict } from '../../src/campaign/verdict.ts';
import { knobByName } from '../../src/knobs/catalogue.ts';
import { predictedRcvbufBytes } from '../../src/knobs/constraints.ts';
import type { Configuration, KnobInPlay } from '../../src/knobs/knob.ts';
import type { LoadPlan } from '../../src/load/load.ts';
import { createRandom } from '../../src/stats/random.ts';
import type { FakeClock } from './fake-clock.ts';

export const MODEL_CURRENT: Configuration = {
  'net.core.rmem_default': 212_992,
  'net.core.rmem_max': 4_194_304,
  'router.maxbuffer': 262_144,
  'router.workers': 8,
  'router.shm': 64,
  'router.pkg': 8,
};

export interface ModelBedOptions {
  readonly clock: FakeClock;
  readonly emit: Emit;
  /** Relative standard deviation of what the router carries, trial by trial. */
  readonly noise?: number;
  readonly seed?: number;
  /** The verdict of trial n, instead of the model's. */
  readonly verdictOf?: (n: number, verdict: Verdict, plan: LoadPlan, label: string) => Verdict;
  /** What the phone saw of a trial; there is none by default. */
  readonly phoneOf?: (plan: LoadPlan, label: string) => TrialRecord['ua'];
  /** What the meters of a trial say; nothing by default. */
  readonly metersOf?: (plan: LoadPlan) => TrialRecord['meters'];
  readonly applyOutcome?: (configuration: Configuration) => ApplyOutcome | undefined;
  /** Called at every trial, e.g. to interrupt the campaign. */
  readonly onTrial?: (n: number) => void;
  /** What becomes of a restart between trials. */
  readonly onRecover?: () => ApplyOutcome;
  /** No knob matters: the router carries the same whatever is set. */
  readonly indifferent?: boolean;
  readonly contenders?: Prepared['contenders'];
  /** Noise is a function of the trial's number, as for a campaign that is resumed, not of the trials before it. */
  readonly noiseByTrial?: boolean;
  /** Differs from the usual model. */
  readonly prepared?: Partial<Prepared>;
}

export function createModelBed(
  options: ModelBedOptions,
): TestBed & { restores: number; applied: Configuration[] } {
  const { clock, emit } = options;
  const random = createRandom(options.seed ?? 1);
  const cost = { restarts: 0, loadMs: 0, trials: createTally() };
  let inForce: Configuration = MODEL_CURRENT;
  const noisy = (x: number) => {
    const own = options.noiseByTrial ? createRandom(1_000 * (options.seed ?? 1) + cost.trials.total) : random;
    return x * (1 + (options.noise ?? 0) * gaussian(own));
  };
  const carries = (configuration: Configuration) => {
    const value = (name: string) => Number(configuration[name] ?? MODEL_CURRENT[name]);
    if (options.indifferent) return { burst: 100, capacity: 4_000 };
    const buffer = predictedRcvbufBytes(
      value('net.core.rmem_default'),
      value('net.core.rmem_max'),
      value('router.maxbuffer'),
    );
    const capacity = 4_800 - 90 * value('router.workers');
    return { burst: Math.min(buffer / 2_600, capacity * 0.26), capacity };
  };
  const offerVerdict = (limit: number, offered: number, plannedCalls: number): Verdict => {
    const setupMs = { p50: 2, p95: 10, p99: 50, max: 80 };
    return offered <= noisy(limit)
      ? {
          state: 'carried',
          plannedCalls,
          goodCalls: plannedCalls,
          completedCalls: plannedCalls,
          loss: 0,
          setupMs,
        }
      : {
          state: 'overloaded',
          limiter: 'socket-buffer',
          evidence: 'model',
          plannedCalls,
          goodCalls: Math.floor(plannedCalls * 0.9),
          completedCalls: Math.floor(plannedCalls * 0.95),
          loss: 0.1,
          setupMs,
        };
  };

  const bed = {
    cost,
    restores: 0,
    applied: [] as Configuration[],
    async prepare(): Promise<Prepared> {
      return {
        current: MODEL_CURRENT,
        inPlay: Object.keys(MODEL_CURRENT).map(inPlay),
        inert: [{ knob: 'kernel.shmmax', reason: 'the model maps its memory' }],
        constraintFacts: {
          memoryMib: 16_384,
          pageBytes: 4_096,
          udpMemBytes: 1e9,
          shmMmap: true,
          sockets: 1,
          otherProcesses: 16,
        },
        contenders: options.contenders ?? [
          { name: 'article', configuration: { 'net.core.rmem_default': 10_485_760, 'router.pkg': 10 } },
        ],
        target: {
          host: 'model',
          kernel: '0',
          cpu: 'none',
          cpus: 2,
          memoryMib: 16_384,
          router: 'kamailio',
          routerVersion: '0',
          routerFlags: [],
        },
        ...options.prepared,
      };
    },
    async apply(configuration: Configuration): Promise<ApplyOutcome> {
      const outcome = options.applyOutcome?.(configuration) ?? { state: 'applied' as const, restarted: true };
      bed.applied.push(configuration);
      if (outcome.state === 'applied') inForce = { ...MODEL_CURRENT, ...configuration };
      if (outcome.state === 'applied' && outcome.restarted) cost.restarts += 1;
      clock.advance(1_500);
      return outcome;
    },
    async offer(label: string, plan: TrialRecord['plan']): Promise<TrialRecord> {
      const n = cost.trials.total + 1;
      options.onTrial?.(n);
      const wallMs = plan.shape === 'burst' ? 2_000 : plan.windowMs + plan.warmupMs + 1_500;
      clock.advance(wallMs);
      cost.loadMs += wallMs;
      const { burst, capacity } = carries(inForce);
      const modelled =
        plan.shape === 'burst'
          ? offerVerdict(burst, plan.calls, plan.calls)
          : offerVerdict(capacity, plan.rateCps, (plan.rateCps * plan.windowMs) / 1000);
      const verdict = options.verdictOf?.(n, modelled, plan, label) ?? modelled;
      count(cost.trials, verdict);
      const trial = {
        n,
        label,
        configuration: inForce,
        plan,
        verdict,
        meters: options.metersOf?.(plan) ?? {},
        ua: options.phoneOf?.(plan, label) ?? null,
        meterFaults: [],
        wallMs,
      };
      await emit({ type: 'trial', trial });
      return trial;
    },
    async recover(): Promise<ApplyOutcome> {
      clock.advance(1_500);
      cost.restarts += 1;
      return options.onRecover?.() ?? { state: 'applied', restarted: true };
    },
    async netperf() {
      return { state: 'absent' as const, reason: 'a model has no network' };
    },
    routerBusyShare: (trial: TrialRecord) =>
      trial.plan.shape === 'steady' ? trial.plan.rateCps / carries(trial.configuration).capacity : null,
    async restore() {
      bed.restores += 1;
      inForce = MODEL_CURRENT;
      return { complete: true, failures: [] };
    },
  };
  return bed;
}

function inPlay(name: string): KnobInPlay {
  const knob = knobByName(name);
  if (!knob) throw new Error(`${name} is not in the catalogue`);
  return { knob, min: knob.search.min, max: knob.search.max };
}

/** Box and Muller, 1958. */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

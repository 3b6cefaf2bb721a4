// Measures one configuration that is in force: its capacity or its burst, within a deadline. Invalid trials are repeated.
import { blamesGenerator, MIN_WINDOW_FOR_CPU_MS } from '../capacity/invalid.ts';
import type { Expectation } from '../capacity/limit-belief.ts';
import { SCATTERS } from '../capacity/scatters.ts';
import { type Classified, type LimitFound, type LoadClass, searchLimit } from '../capacity/search-limit.ts';
import type { Clock } from '../clock.ts';
import { type LoadPlan, loadOf, MOST_CALLS } from '../load/load.ts';
import { basePlan } from '../load/over-base.ts';
import type { LimitMetric, LoadSpec } from '../scenario/scenario.ts';
import type { TrialRecord } from './events.ts';
import type { TestBed } from './test-bed.ts';
import type { Carriage } from './verdict.ts';

export interface MeasureOptions {
  readonly label: string;
  readonly metric: LimitMetric;
  /** What is known of the answer; undefined: nothing. */
  readonly prior: Prior | undefined;
  /** Known to be carried, from a moment ago. */
  readonly carried?: number;
  readonly deadlineMs: number;
  /** When the whole campaign's time is up: nothing is worth more trials then. */
  readonly budgetEndMs: number;
  /** Relative width of the bracket at which the search ends. */
  readonly width: number;
  /** Goes on past the deadline, though not past the budget, until a load was seen to be too much: see PATIENCE_FOR_BOUND. */
  readonly needsBound?: boolean;
}

export interface Prior {
  readonly value: number;
  /** It was measured of this very configuration; otherwise it is a guess, or another one's. */
  readonly measured: boolean;
}

export interface MeasureContext {
  readonly bed: Pick<TestBed, 'offer' | 'recover' | 'routerBusyShare'>;
  readonly clock: Clock;
  readonly load: LoadSpec;
  readonly signal: AbortSignal;
  readonly spoilt: Spoilt;
}

/** What the machine has spoilt, in all measurements of a campaign. */
export interface Spoilt {
  /** Trials since the last valid one, at loads that could be judged before, or while none could. */
  inARow: number;
  /** The largest load that could be judged. Above it the machine may spoil every trial without being unfit. */
  readonly judgedUpTo: Record<LoadPlan['shape'], number>;
}

export function createSpoilt(): Spoilt {
  return { inARow: 0, judgedUpTo: { steady: 0, burst: 0 } };
}

export const MAX_LOAD = MOST_CALLS;
export const LEAST: Readonly<Record<LimitMetric, number>> = { capacityCps: 10, burstCalls: 1 };
export const FIRST_GUESS: Readonly<Record<LimitMetric, number>> = { capacityCps: 400, burstCalls: 64 };
/** How far the answer may be from what is known of it beforehand: standard deviation of the logarithm. */
export const SPREAD = {
  /** This very configuration, some minutes ago. */
  measured: { capacityCps: 0.08, burstCalls: 0.15 },
  /** Another configuration, or what a light load or the size of a buffer lets expect. */
  guessed: { capacityCps: 0.2, burstCalls: 0.6 },
  nothing: { capacityCps: 1.5, burstCalls: 1.5 },
} as const satisfies Record<string, Readonly<Record<LimitMetric, number>>>;
/** Trials after which a measurement ends with what it has, when the time is up. */
const PATIENCE: Readonly<Record<LimitMetric, number>> = { capacityCps: 4, burstCalls: 8 };
/** Enough to climb, step by step, from an answer that was taken four times too small. */
const PATIENCE_FOR_BOUND = 10;
/** A load that the generators fail to offer this often in a row is beyond them. */
const MAX_GENERATOR_BOUND_IN_A_ROW = 3;
/** A load at which trials are invalid this often in a row cannot be judged now: a smaller one may be. */
const MAX_INVALID_AT_A_LOAD = 3;
/** Trials invalid this often in a row, at loads that should be judged easily, tell that the machine is not fit to measure on now. */
const MAX_INVALID_IN_A_ROW = 10;
/** A trial or a start that fails this often in a row ends the campaign. */
const MAX_FAILED_IN_A_ROW = 3;
/** Time of a trial besides its window: start, warm-up, drain, recovery. */
const TRIAL_OVERHEAD_MS = 2_000;
/** Share of its CPUs at which a router is taken to end, for guessing its capacity from a light load. */
const CAPACITY_BUSY_SHARE = 0.97;
const PROBE_WINDOW_MS = 2_000;

/** Nothing can be measured: the router keeps failing, or the machine keeps spoiling trials. */
export class MeasurementFailed extends Error {
  override readonly name = 'MeasurementFailed';
}

export async function measure(options: MeasureOptions, context: MeasureContext): Promise<LimitFound> {
  const { metric } = options;
  const stepMs = trialMs(metric, context.load);
  const { carried } = options;
  let tooMuchForGenerators = false;
  const found = await searchLimit({
    min: LEAST[metric],
    max: MOST_CALLS,
    ...(carried === undefined ? {} : { carried }),
    expected: await expectationOf(options, context),
    scatters: SCATTERS[metric],
    width: options.width,
    patience:
      context.clock.nowMs() + stepMs > options.budgetEndMs
        ? 0
        : options.needsBound
          ? PATIENCE_FOR_BOUND
          : PATIENCE[metric],
    classify: async (load) => {
      if (options.needsBound && context.clock.nowMs() > options.budgetEndMs) return NOTHING_SEEN;
      const classified = await classify(options.label, planFor(metric, load, context.load), context);
      tooMuchForGenerators ||= classified.seen === 'unreachable';
      return classified;
    },
    outOfTime: () => context.signal.aborted || context.clock.nowMs() + stepMs > options.deadlineMs,
  });
  if (tooMuchForGenerators && found.limit.estimate === 0)
    throw new MeasurementFailed('the generators cannot offer any load here; the trials say why');
  return found;
}

/** Where the search for an answer begins. */
export function firstLoad(metric: LimitMetric, prior: number | undefined): number {
  return Math.max(1, Math.round(prior ?? FIRST_GUESS[metric]));
}

async function expectationOf(
  { label, metric, prior, carried }: MeasureOptions,
  context: MeasureContext,
): Promise<Expectation> {
  if (prior) {
    const spread = SPREAD[prior.measured ? 'measured' : 'guessed'][metric];
    return { value: Math.max(prior.value, carried ?? 0), spread };
  }
  if (carried !== undefined) return { value: carried, spread: SPREAD.guessed[metric] };
  if (metric === 'capacityCps' && !context.signal.aborted) return guessCapacity(label, context);
  return { value: FIRST_GUESS[metric], spread: SPREAD.nothing[metric] };
}

/** One load, classified; for rejecting a candidate without measuring it in full. */
export async function carries(
  label: string,
  metric: LimitMetric,
  load: number,
  context: MeasureContext,
): Promise<LoadClass> {
  return (await tryLoad(label, metric, load, context)).seen;
}

/** What a trial said, and what became of its calls; null where nothing was seen. */
export interface Tried extends Classified {
  readonly carriage: Carriage | null;
}

/** The same, with what the trial cost the router. */
export async function tryLoad(
  label: string,
  metric: LimitMetric,
  load: number,
  context: MeasureContext,
): Promise<Tried> {
  return classify(label, planFor(metric, Math.max(1, Math.round(load)), context.load), context);
}

/** Trials of `carriesMostly`, on average. */
export const TRIALS_OF_MOST = 2.4;

/** The better of three: what two trials at the load say. */
export async function carriesMostly(
  label: string,
  metric: LimitMetric,
  load: number,
  context: MeasureContext,
): Promise<LoadClass> {
  const counts = new Map<LoadClass, number>();
  for (;;) {
    const seen = await carries(label, metric, load, context);
    const count = (counts.get(seen) ?? 0) + 1;
    // Each of these took several trials already.
    if (count >= 2 || (seen !== 'carried' && seen !== 'overloaded')) return seen;
    counts.set(seen, count);
  }
}

/** About how long one trial takes, ms. */
export function trialMs(metric: LimitMetric, load: LoadSpec): number {
  return metric === 'burstCalls'
    ? TRIAL_OVERHEAD_MS + load.holdMs + baseMs(load)
    : TRIAL_OVERHEAD_MS + load.holdMs + load.warmupMs + load.windowMs;
}

/** A base rate comes before the burst, and lasts as long as it may take. */
function baseMs({ baseRateCps, holdMs }: LoadSpec): number {
  if (baseRateCps === undefined) return 0;
  const { warmupMs, windowMs } = basePlan(
    { shape: 'burst', calls: FIRST_GUESS.burstCalls, baseRateCps },
    holdMs,
  );
  return warmupMs + windowMs;
}

export function planFor(metric: LimitMetric, load: number, spec: LoadSpec): LoadPlan {
  return metric === 'burstCalls'
    ? {
        shape: 'burst',
        calls: load,
        ...(spec.baseRateCps === undefined ? {} : { baseRateCps: spec.baseRateCps }),
      }
    : { shape: 'steady', rateCps: load, warmupMs: spec.warmupMs, windowMs: spec.windowMs };
}

async function classify(label: string, plan: LoadPlan, context: MeasureContext): Promise<Tried> {
  let invalid = 0;
  let generatorBound = 0;
  let failed = 0;
  const { spoilt } = context;
  const load = loadOf(plan);
  while (!context.signal.aborted) {
    const trial = await context.bed.offer(label, plan);
    const judged = spoilt.judgedUpTo[plan.shape];
    if (trial.verdict.state !== 'invalid') {
      spoilt.inARow = 0;
      spoilt.judgedUpTo[plan.shape] = Math.max(judged, load);
    }
    switch (trial.verdict.state) {
      case 'carried':
        return { seen: 'carried', carriage: trial.verdict, ...effortOf(trial, context) };
      case 'overloaded':
        // Calls that were merely late have left nothing behind.
        if (trial.verdict.completedCalls < trial.verdict.plannedCalls) await recover(context);
        return { seen: 'overloaded', carriage: trial.verdict, ...effortOf(trial, context) };
      case 'invalid':
        await recover(context);
        if (blamesGenerator(trial.verdict.reason)) {
          generatorBound += 1;
          if (generatorBound >= MAX_GENERATOR_BOUND_IN_A_ROW) return { ...NOTHING_SEEN, seen: 'unreachable' };
          break;
        }
        generatorBound = 0;
        invalid += 1;
        if (judged === 0 || load <= judged) spoilt.inARow += 1;
        if (spoilt.inARow >= MAX_INVALID_IN_A_ROW)
          throw new MeasurementFailed(
            `${spoilt.inARow} invalid trials in a row; the last: ${trial.verdict.reason}`,
          );
        if (invalid >= MAX_INVALID_AT_A_LOAD) return { ...NOTHING_SEEN, seen: 'unclear' };
        break;
      case 'failed':
        failed += 1;
        if (failed >= MAX_FAILED_IN_A_ROW)
          throw new MeasurementFailed(`${failed} failed trials in a row; the last: ${trial.verdict.reason}`);
        await recover(context);
        break;
    }
  }
  return NOTHING_SEEN;
}

const NOTHING_SEEN: Tried = { seen: 'stop', cost: null, busyShare: null, carriage: null };

/** What the trial cost the router, where its window was long enough for counts of ticks. */
function effortOf(trial: TrialRecord, { bed }: MeasureContext): Pick<Classified, 'cost' | 'busyShare'> {
  const { plan, meters } = trial;
  if (plan.shape !== 'steady' || plan.windowMs < MIN_WINDOW_FOR_CPU_MS)
    return { cost: null, busyShare: null };
  const busyShare = bed.routerBusyShare(trial);
  const messages = meters['snmp-router']?.inDatagrams ?? 0;
  return {
    busyShare,
    cost: busyShare === null || messages === 0 ? null : (busyShare * plan.windowMs) / messages,
  };
}

async function recover(context: MeasureContext): Promise<void> {
  if (context.signal.aborted) return;
  const outcome = await context.bed.recover();
  if (outcome.state === 'failed')
    throw new MeasurementFailed(
      `the router did not come back: ${outcome.reason}\n${outcome.log.join('\n')}`.trim(),
    );
}

/** A light load tells the CPU time per call, and that the rate at which the router's CPUs are full. */
async function guessCapacity(label: string, context: MeasureContext): Promise<Expectation> {
  const rateCps = FIRST_GUESS.capacityCps;
  const plan: LoadPlan = { shape: 'steady', rateCps, warmupMs: 500, windowMs: PROBE_WINDOW_MS };
  for (let attempt = 1; attempt <= MAX_INVALID_AT_A_LOAD && !context.signal.aborted; attempt += 1) {
    const trial: TrialRecord = await context.bed.offer(label, plan);
    const busyShare = context.bed.routerBusyShare(trial);
    if (trial.verdict.state === 'carried')
      return busyShare === null || busyShare < 0.02
        ? { value: rateCps * 2, spread: SPREAD.nothing.capacityCps }
        : { value: (rateCps * CAPACITY_BUSY_SHARE) / busyShare, spread: SPREAD.guessed.capacityCps };
    await recover(context);
    if (trial.verdict.state === 'overloaded') break;
  }
  return { value: rateCps / 2, spread: SPREAD.nothing.capacityCps };
}

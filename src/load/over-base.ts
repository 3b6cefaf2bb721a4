// A burst on top of a steady rate of calls: a router that is in use when a trunk fails over to it, or its phones register anew.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BurstPlan, CallLoad, GeneratorProcess, LoadContext, LoadReport, SteadyPlan } from './load.ts';
import { mergeReports } from './merge-reports.ts';
import { BURST_HOLD_MS } from './sipp-argv.ts';
import { DRAIN_MS } from './sipp-offer.ts';
import { MAX_BURST_MS } from './sipp-report.ts';

export interface OverBaseDeps {
  /** Offers steady plans, and bursts without a base rate, alone. */
  readonly load: CallLoad;
  /** Offers the base rate. */
  readonly base: CallLoad;
  /** Names the base's generator among the pairs; those of `load` come before it. */
  readonly basePair: number;
  readonly holdMs: number;
}

/** Offered before the burst comes and not counted: queues and memory are then as they are in service. */
const BASE_WARMUP_MS = 1_000;
/** For the start of the processes of the burst. */
const START_MS = 500;

/** The whole plan of the base is known before: it lasts as long as the burst and its drain may take. */
export function basePlan({ calls, baseRateCps = 0 }: BurstPlan, holdMs: number): SteadyPlan {
  return {
    shape: 'steady',
    rateCps: baseRateCps,
    warmupMs: BASE_WARMUP_MS,
    windowMs: START_MS + BURST_HOLD_MS + MAX_BURST_MS(calls) + holdMs + DRAIN_MS,
  };
}

export function createLoadOverBase(deps: OverBaseDeps): CallLoad {
  const { load, base } = deps;
  return {
    open: (rawDir) => load.open(rawDir),
    offer: (plan, context) =>
      plan.shape === 'burst' && plan.baseRateCps !== undefined
        ? offerOverBase(deps, plan, context)
        : load.offer(plan, context),
    close: async () => void (await Promise.all([load.close(), base.close()])),
  };
}

async function offerOverBase(deps: OverBaseDeps, plan: BurstPlan, context: LoadContext): Promise<LoadReport> {
  const { load, base, holdMs } = deps;
  const rawDir = join(context.rawDir, 'base');
  await mkdir(rawDir, { recursive: true });
  await base.open(rawDir);
  const failing = new AbortController();
  const signal = AbortSignal.any([context.signal, failing.signal]);
  const onProcesses = joinProcesses(deps, context);
  const begun = signalled();
  const or = <T>(offer: Promise<T>) =>
    offer.catch((error: unknown) => {
      failing.abort();
      throw error;
    });
  const ofBase = base.offer(basePlan(plan, holdMs), {
    ...(context.trial === undefined ? {} : { trial: context.trial }),
    rawDir,
    signal,
    // The window of the whole is the burst's.
    onWindow: (edge) => edge === 'begin' && begun.now(),
    onProcesses: (own) => onProcesses('base', own),
  });
  const ofBurst = begun.promise.then(() => {
    failing.signal.throwIfAborted();
    return load.offer(
      { shape: 'burst', calls: plan.calls },
      { ...context, signal, onProcesses: (own) => onProcesses('burst', own) },
    );
  });
  const settled = await Promise.allSettled([or(ofBase).finally(begun.now), or(ofBurst)]);
  const [ofTheBase, ofTheBurst] = settled;
  // The base's own reason, where the burst was not even begun for it.
  if (ofTheBase.status === 'rejected') throw ofTheBase.reason;
  if (ofTheBurst.status === 'rejected') throw ofTheBurst.reason;
  return joinReports(ofTheBurst.value, ofTheBase.value);
}

/** Calls of both are counted, so that a burst is not carried at the cost of those that were there before. */
function joinReports(burst: LoadReport, base: LoadReport): LoadReport {
  const { offeredForMs, achievedRateCps } = burst;
  const joined = mergeReports([
    { name: undefined, report: burst },
    { name: 'base rate', report: base },
  ]);
  return { ...joined, offeredForMs, achievedRateCps, parts: { burst, base } };
}

function joinProcesses({ basePair }: OverBaseDeps, context: LoadContext) {
  const known = new Map<'base' | 'burst', readonly GeneratorProcess[]>();
  return (whose: 'base' | 'burst', own: readonly GeneratorProcess[]) => {
    const alone = whose === 'base' ? basePair : 1;
    known.set(
      whose,
      own.map((process) => ({ pair: alone, ...process })),
    );
    context.onProcesses?.([...known.values()].flat());
  };
}

function signalled(): { readonly promise: Promise<void>; readonly now: () => void } {
  let now: () => void = () => {};
  const promise = new Promise<void>((resolve) => {
    now = resolve;
  });
  return { promise, now };
}

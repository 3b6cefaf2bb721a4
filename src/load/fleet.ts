// Several generators as one: a plan is dealt out to as many of them as it needs, and their reports are joined.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallLoad, GeneratorProcess, LoadContext, LoadPlan, LoadReport } from './load.ts';
import { mergeReports, type NamedReport } from './merge-reports.ts';
import { type PlanShare, sharePlan } from './share-plan.ts';
import { MAX_BURST_MS } from './sipp-report.ts';
import { createStartingLine, type StartingLine } from './start-together.ts';

export interface FleetMember {
  /** Names it in faults, e.g. "pair 2 (198.18.1.1:5100)". */
  readonly name: string;
  /** From 1. */
  readonly pair: number;
  readonly load: CallLoad;
}

export interface Fleet extends CallLoad {
  /** How many of the generators offer this plan. */
  sizeFor(plan: LoadPlan): number;
}

/** Processes that are started together begin this far apart at most, on a machine that has a CPU for each. */
const START_SPREAD_MS = 50;

/** `needed` says how many generators a plan needs; there may be fewer. A fleet of one is that one, with its files where they were. */
export function createFleet(members: readonly FleetMember[], needed: (plan: LoadPlan) => number): Fleet {
  const [first] = members;
  if (!first) throw new Error('a fleet without a generator');
  const sizeFor = (plan: LoadPlan) => Math.max(1, Math.min(members.length, needed(plan)));
  /** How many have worked so far: an answering side that is there already need not be waited for. */
  let known = 1;

  return {
    sizeFor,

    async open(rawDir) {
      if (known === 1) return first.load.open(rawDir);
      await openAll(members.slice(0, known), rawDir);
    },

    async offer(plan, context) {
      const shares = sharePlan(plan, sizeFor(plan));
      if (shares.length === 1) return first.load.offer(plan, context);
      const active = members.slice(0, shares.length);
      known = Math.max(known, active.length);
      await openAll(active, context.rawDir);
      const reports = await offerTogether(active, shares, context);
      const report = mergeReports(reports);
      return { ...report, generatorFaults: [...report.generatorFaults, ...apartFaults(plan, reports)] };
    },

    async close() {
      await Promise.all(members.map(({ load }) => load.close()));
    },
  };
}

/** Each has a folder of its own, for they name their files alike. */
function dirOf(rawDir: string, { pair }: FleetMember): string {
  return join(rawDir, `pair-${pair}`);
}

async function openAll(members: readonly FleetMember[], rawDir: string): Promise<void> {
  // All have an end before anybody hears of a failure: what is still starting could not be closed.
  const opened = await Promise.allSettled(
    members.map(async (member) => {
      const dir = dirOf(rawDir, member);
      await mkdir(dir, { recursive: true });
      await member.load.open(dir);
    }),
  );
  requireAll(opened);
}

function requireAll<T>(settled: readonly PromiseSettledResult<T>[]): readonly T[] {
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

async function offerTogether(
  members: readonly FleetMember[],
  shares: readonly PlanShare[],
  context: LoadContext,
): Promise<readonly NamedReport[]> {
  const line = createStartingLine(members.length);
  const failing = new AbortController();
  const joint = jointContext(context, members.length, line, failing.signal);
  const offers = members.map(async (member, index) => {
    const share = shares[index] as PlanShare;
    try {
      const report = await member.load.offer(share.plan, joint(member, share));
      return { name: member.name, report };
    } catch (error) {
      // The others would only go on with a part of the plan.
      failing.abort();
      throw error;
    } finally {
      line.leave();
    }
  });
  return requireAll(await Promise.allSettled(offers));
}

/** The window of the whole begins with the first of its parts and ends with the last. */
function jointContext(context: LoadContext, count: number, line: StartingLine, failing: AbortSignal) {
  let begun = 0;
  let ended = 0;
  const processes = new Map<number, readonly GeneratorProcess[]>();
  const signal = AbortSignal.any([context.signal, failing]);
  return ({ pair, ...member }: FleetMember, { part }: PlanShare): LoadContext => ({
    ...(context.trial === undefined ? {} : { trial: context.trial }),
    rawDir: dirOf(context.rawDir, { pair, ...member }),
    part,
    signal,
    async together(leadMs) {
      const beginMs = await line.ready(leadMs);
      // Several fleets may start together as well.
      return (await context.together?.(leadMs)) ?? beginMs;
    },
    onWindow(edge) {
      if (edge === 'begin' && ++begun === 1) context.onWindow('begin');
      if (edge === 'end' && ++ended === count) context.onWindow('end');
    },
    onProcesses(own) {
      processes.set(
        pair,
        own.map((process) => ({ ...process, pair })),
      );
      context.onProcesses?.([...processes.values()].flat());
    },
  });
}

/** A burst comes at once, or it is none. */
function apartFaults(plan: LoadPlan, named: readonly NamedReport[]): LoadReport['generatorFaults'] {
  if (plan.shape !== 'burst') return [];
  const parts = named.flatMap(({ report: { beganAtMs, offeredForMs } }) =>
    beganAtMs === undefined ? [] : { fromMs: beganAtMs, toMs: beganAtMs + offeredForMs },
  );
  const tookMs = Math.max(...parts.map(({ toMs }) => toMs)) - Math.min(...parts.map(({ fromMs }) => fromMs));
  // Between clocks of two machines, what cannot be ruled out counts.
  const offMs = Math.max(0, ...named.map(({ report }) => report.clockUncertaintyMs ?? 0));
  const clocks = offMs > 0 ? `, by clocks that are compared to ${offMs.toFixed(0)} ms` : '';
  return tookMs + offMs > MAX_BURST_MS(plan.calls) + START_SPREAD_MS
    ? [`the ${named.length} parts of the burst took ${tookMs.toFixed(0)} ms to leave${clocks}`]
    : [];
}

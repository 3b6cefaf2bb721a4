// The search: propose → apply → load → measure → judge, until its share of the budget is spent or nothing more is found. A candidate
// that does not carry more than the best so far costs a trial or two; only one that does is measured, and as closely as it takes to
// tell it from the best.
import type { LoadClass } from '../capacity/search-limit.ts';
import type { LoadSpec, Metric } from '../scenario/scenario.ts';
import type { Observation, Proposal } from '../search/sampler.ts';
import { measureInto, WIDTH } from './baseline.ts';
import type { Campaign } from './campaign.ts';
import { createDrift, type Drift } from './drift.ts';
import { combined, createMeasured, type Measured } from './findings.ts';
import { carries, trialMs } from './measure.ts';
import { race, shortened } from './race.ts';
import { createSearchEnd } from './search-end.ts';
import type { Limiter } from './verdict.ts';

/** A candidate must carry this much more than the best so far to be measured. */
const WORTH_MEASURING = 1.03;
const WHY_NOT = {
  overloaded: 'does not carry',
  unreachable: 'the generators cannot offer',
  unclear: 'the machine spoilt every trial that would have shown whether it carries',
} as const;
/** What the sampler is told of a rejected candidate, as a share of the best, at most. */
const REJECTED_MOST = 0.99;
/** What the sampler is told of a candidate that breaks a guard, as a share of its own score. */
const GUARD_BROKEN_SCORE_SHARE = 0.3;
/** The search only has to rank: the proof measures closely. */
const COARSE_WIDTH: Readonly<Record<Metric, number>> = {
  burstCalls: 3 * WIDTH.burstCalls,
  capacityCps: 4 * WIDTH.capacityCps,
};
/** The best is offered its own load again after so long: it was chosen for its measurements, and the machine changes. */
const CHECK_BEST_EVERY_MS = 90_000;
export const RESTART_MS = 2_000;

export interface SearchOptions {
  /** Candidates in a row without anything better after which it ends; undefined: it follows from the number of knobs. */
  readonly patience?: number;
}

/** A sampler, or somebody who takes time to think. */
export interface Proposer {
  ask(): Proposal | null | Promise<Proposal | null>;
  tell(observation: Observation): void;
}

interface Search {
  readonly campaign: Campaign;
  readonly metric: Metric;
  readonly deadlineMs: number;
  readonly drift: Drift;
  /** When the best was last measured or checked, and how fast the machine was when it was measured. */
  readonly best: { seenMs: number; factor: number };
}

type Judged = LoadClass | 'failed' | 'better';

export async function searchCandidates(
  campaign: Campaign,
  sampler: Proposer,
  { patience }: SearchOptions = {},
): Promise<void> {
  const { scenario, budget, signal, clock, prepared } = campaign;
  const metric = scenario.objective.maximise;
  const search: Search = {
    ...{ campaign, metric, deadlineMs: budget.deadlineMs('search'), drift: createDrift(campaign, metric) },
    best: { seenMs: clock.nowMs(), factor: 1 },
  };
  const end = createSearchEnd(prepared.inPlay.length, patience);
  const ended = (candidates: number, reason: string) =>
    campaign.emit({ type: 'search-ended', candidates, reason });
  const tooLate = () => budget.tooLate(search.deadlineMs, RESTART_MS + trialMs(metric, scenario.load));
  await knowCurrent(search);
  tellKnown(campaign, sampler);

  for (let n = 1; !signal.aborted; n += 1) {
    if (!tooLate()) await search.drift.keep(search.deadlineMs, COARSE_WIDTH[metric]);
    if (!tooLate()) await checkBest(search);
    if (signal.aborted) return;
    if (tooLate()) return ended(n - 1, 'its share of the time is spent');
    const proposal = await sampler.ask();
    if (proposal === null) return ended(n - 1, 'nothing is left that could matter and was not tried');
    await campaign.emit({ type: 'proposed', candidate: n, ...proposal });
    const judged = await judgeCandidate(search, sampler, n, proposal);
    if (judged === 'stop') return;
    end.note(judged);
    const reason = end.reason();
    if (reason !== null) return ended(n, reason);
  }
}

async function judgeCandidate(
  search: Search,
  sampler: Proposer,
  n: number,
  { configuration, from }: Proposal,
): Promise<Judged> {
  const { campaign, metric } = search;
  const { bed, findings, emit } = campaign;
  const candidate = createMeasured(`candidate ${n}`, configuration);
  const tell = (score: number) => {
    const relative = score / search.drift.factor();
    findings.observations.push({ configuration, score: relative });
    sampler.tell({ configuration, score: relative, limiters: limitersOf(campaign, candidate.label) });
  };
  const reject = async (reason: string, score: number): Promise<void> => {
    await emit({ type: 'rejected', candidate: n, reason });
    tell(score);
  };

  const applied = await bed.apply(configuration, `candidate ${n}: ${from}`);
  if (applied.state === 'failed') {
    await reject(applied.reason, Number.NEGATIVE_INFINITY);
    return 'failed';
  }
  const threshold = Math.max(bestNow(search), 1) * WORTH_MEASURING;
  const { seen, suggested } = await race(campaign, candidate, metric, threshold);
  if (seen === 'stop') return seen;
  if (seen !== 'carried') {
    // Whatever it may carry, it is not better than the best.
    await reject(
      `${WHY_NOT[seen]} ${Math.round(threshold)}`,
      Math.min(suggested, bestNow(search) * REJECTED_MOST),
    );
    return seen;
  }
  const score = await measureAgainstBest(search, candidate, threshold);
  const isBetter = score > bestNow(search);
  // Nobody asks what a configuration that is not better does to the guards.
  const broken = isBetter ? await brokenGuard(campaign, candidate, 'short') : null;
  if (broken !== null) {
    await reject(broken, score * GUARD_BROKEN_SCORE_SHARE);
    return 'carried';
  }
  tell(score);
  if (!isBetter) return 'carried';
  await becomeBest(search, candidate);
  return 'better';
}

/** The luckiest measurement is not the best configuration: what a single trial says must be said by a second one. */
async function measureAgainstBest(search: Search, candidate: Measured, threshold: number): Promise<number> {
  const { campaign, metric, deadlineMs } = search;
  const width = COARSE_WIDTH[metric];
  const carried = Math.round(threshold);
  const { limit, evidence } = await measureInto(campaign, candidate, metric, deadlineMs, { carried, width });
  const again = evidence.slice(1).some((trial) => trial.carried && trial.load >= carried);
  if (again || limit.estimate <= bestNow(search) || campaign.signal.aborted) return limit.estimate;
  const context = { ...campaign, load: campaign.scenario.load };
  if ((await carries(candidate.label, metric, carried, context)) !== 'overloaded') return limit.estimate;
  return Math.min(limit.estimate, bestNow(search) * REJECTED_MOST);
}

async function becomeBest(search: Search, candidate: Measured): Promise<void> {
  const { campaign, metric, best, drift } = search;
  campaign.findings.best = candidate;
  best.seenMs = campaign.clock.nowMs();
  best.factor = drift.factor();
  const value = combined(candidate.values[metric]);
  const { label, configuration } = candidate;
  if (value) await campaign.emit({ type: 'best', label, configuration, metric, value });
}

/** Offers the best its own load; where it does not carry it any more, it is measured again, and the mean counts from then on. */
async function checkBest(search: Search): Promise<void> {
  const { campaign, metric, deadlineMs, best } = search;
  const { findings, clock, bed } = campaign;
  const { best: measured } = findings;
  if (measured === null || clock.nowMs() - best.seenMs < CHECK_BEST_EVERY_MS) return;
  const applied = await bed.apply(
    measured.configuration,
    `${measured.label} again: does it still carry as much?`,
  );
  if (applied.state === 'applied') {
    const { seen } = await race(campaign, measured, metric, Math.max(1, Math.round(bestNow(search))));
    if (seen === 'overloaded')
      await measureInto(campaign, measured, metric, deadlineMs, { width: COARSE_WIDTH[metric] });
  }
  best.seenMs = clock.nowMs();
}

/** The baseline's time may have been too short to see anything carried: without a number for today's there is nothing to beat. */
async function knowCurrent({ campaign, metric, deadlineMs }: Search): Promise<void> {
  const { findings, bed, signal } = campaign;
  const { current } = findings;
  if (current === null || signal.aborted || (combined(current.values[metric])?.estimate ?? 0) > 0) return;
  const applied = await bed.apply(current.configuration, 'current again: nothing was carried so far');
  if (applied.state === 'applied')
    await measureInto(campaign, current, metric, deadlineMs, { width: COARSE_WIDTH[metric] });
}

/** `current` and the contenders have been measured already: the sampler learns from them, and may start from them. */
function tellKnown(campaign: Campaign, sampler: Proposer): void {
  const { findings, scenario, prepared } = campaign;
  const inPlay = new Set(prepared.inPlay.map(({ knob }) => knob.name));
  for (const known of [findings.current, ...findings.contenders]) {
    const score = known && combined(known.values[scenario.objective.maximise])?.estimate;
    if (!known || score === undefined || score === null) continue;
    const full = { ...prepared.current, ...known.configuration };
    const configuration = Object.fromEntries(Object.entries(full).filter(([name]) => inPlay.has(name)));
    findings.observations.push({ configuration, score });
    sampler.tell({ configuration, score, limiters: limitersOf(campaign, known.label) });
  }
}

/** What gave way in its trials, the latest first, each once; under the load that counts before what did under that of a guard. */
function limitersOf({ overloads, scenario }: Campaign, label: string): readonly Limiter[] {
  const all = overloads.get(label) ?? [];
  const own = scenario.objective.maximise === 'burstCalls' ? 'burst' : 'steady';
  const ordered = [...all.filter(({ shape }) => shape === own), ...all.filter(({ shape }) => shape !== own)];
  return [...new Set(ordered.map(({ limiter }) => limiter))];
}

/** What the best so far would carry now, or `current` while nothing beat it. */
function bestNow({ campaign: { findings }, metric, drift, best }: Search): number {
  const reference: Measured | null = findings.best ?? findings.current;
  const estimate = combined(reference?.values[metric] ?? [])?.estimate ?? 0;
  return findings.best === null ? estimate : (estimate * drift.factor()) / best.factor;
}

/** One overloaded verdict may be bad luck; a second one is not. */
async function carriesTwice(
  campaign: Campaign,
  candidate: Measured,
  metric: Metric,
  load: number,
  spec: LoadSpec,
): Promise<LoadClass> {
  const first = await carries(candidate.label, metric, load, { ...campaign, load: spec });
  if (first !== 'overloaded') return first;
  return carries(candidate.label, metric, load, { ...campaign, load: campaign.scenario.load });
}

/**
 * A first look at each guard, at the least that it must carry, in short trials or in whole ones; the proof measures it properly.
 * Null when all held.
 */
export async function brokenGuard(
  campaign: Campaign,
  candidate: Measured,
  trials: 'short' | 'whole' = 'whole',
): Promise<string | null> {
  const { objective, load } = campaign.scenario;
  for (const { metric, mayFall } of objective.guards) {
    const today = combined(campaign.findings.current?.values[metric] ?? [])?.estimate ?? 0;
    const least = today * (1 - mayFall);
    if (least < 1) continue;
    const spec = trials === 'short' ? shortened(load, metric) : load;
    if ((await carriesTwice(campaign, candidate, metric, least, spec)) === 'overloaded')
      return `${metric} fell by more than ${(mayFall * 100).toFixed(0)} %: does not carry ${Math.round(least)}`;
  }
  return null;
}

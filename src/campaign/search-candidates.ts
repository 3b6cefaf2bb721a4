// The search: propose → apply → load → measure → judge, until its share of the budget is spent or nothing more is found. A candidate
// that does not carry more than the best so far costs a trial or two; only one that does is measured, and as closely as it takes to
// tell it from the best.
import type { LoadClass } from '../capacity/search-limit.ts';
import type { Configuration } from '../knobs/knob.ts';
import type { LimitMetric, LoadSpec } from '../scenario/scenario.ts';
import type { Observation, Proposal } from '../search/sampler.ts';
import type { Campaign } from './campaign.ts';
import { createDrift, type Drift } from './drift.ts';
import { worthOf } from './finalist.ts';
import { createMeasured, known, type Measured } from './findings.ts';
import { carries } from './measure.ts';
import type { Overload } from './note-overloads.ts';
import { RESTART_MS } from './proof/enough.ts';
import { shortened } from './race.ts';
import { createSearchEnd } from './search-end.ts';
import type { Limiter } from './verdict.ts';

/** What the sampler is told of a rejected candidate, as a share of the best, at most. */
const REJECTED_MOST = 0.99;
/** What the sampler is told of a candidate that breaks a guard, as a share of its own score. */
const GUARD_BROKEN_SCORE_SHARE = 0.3;
/** The best is offered its own load again after so long: it was chosen for its measurements, and the machine changes. */
const CHECK_BEST_EVERY_MS = 90_000;

export interface SearchOptions {
  /** Candidates in a row without anything better after which it ends; undefined: it follows from the number of knobs. */
  readonly patience?: number;
  /** Candidates that were numbered before. */
  readonly numbered?: number;
}

/** A sampler, or somebody who takes time to think. */
export interface Proposer {
  ask(): Proposal | null | Promise<Proposal | null>;
  tell(observation: Observation): void;
}

interface Search {
  readonly campaign: Campaign;
  readonly deadlineMs: number;
  readonly drift: Drift;
  /** When the best was last measured or checked, and how fast the machine was when it was measured. */
  readonly best: { seenMs: number; factor: number };
}

type Judged = LoadClass | 'failed' | 'better' | 'known';

export async function searchCandidates(
  campaign: Campaign,
  sampler: Proposer,
  { patience, numbered = 0 }: SearchOptions = {},
): Promise<void> {
  const { budget, signal, clock, prepared, aim } = campaign;
  const search: Search = {
    ...{ campaign, deadlineMs: budget.deadlineMs('search'), drift: createDrift(campaign) },
    best: { seenMs: clock.nowMs(), factor: 1 },
  };
  const end = createSearchEnd(prepared.inPlay.length, patience);
  const ended = (last: number, reason: string) =>
    campaign.emit({ type: 'search-ended', candidates: last - numbered, reason });
  const tooLate = () => budget.tooLate(search.deadlineMs, RESTART_MS + aim.trialMs);
  await knowCurrent(search);
  tellKnown(campaign, sampler);
  const perfect = aim.perfect(campaign, bestNow(search));
  if (perfect !== null) return ended(numbered, perfect);

  for (let n = numbered + 1; !signal.aborted; n += 1) {
    if (!tooLate()) await search.drift.keep(search.deadlineMs);
    if (!tooLate()) await checkBest(search);
    if (signal.aborted) return;
    if (tooLate()) return ended(n - 1, 'its share of the time is spent');
    const proposal = await sampler.ask();
    if (proposal === null) return ended(n - 1, 'nothing is left that could matter and was not tried');
    await campaign.emit({ type: 'proposed', candidate: n, ...proposal });
    const judged = await judgeCandidate(search, sampler, n, proposal);
    if (judged === 'stop') return;
    end.note(judged);
    const reason = end.reason() ?? aim.perfect(campaign, bestNow(search));
    if (reason !== null) return ended(n, reason);
  }
}

async function judgeCandidate(
  search: Search,
  sampler: Proposer,
  n: number,
  { configuration, from }: Proposal,
): Promise<Judged> {
  const { campaign, deadlineMs } = search;
  const { bed, findings, emit, aim } = campaign;
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

  const best = () => bestNow(search);
  const toBeat = best() * aim.worthMeasuring;
  // Whatever it is worth, it is not better than the best.
  const notBetter = (suggested: number) => Math.min(suggested, best() * REJECTED_MOST);
  const untried = knownOf(campaign, configuration, toBeat);
  if (untried !== null) {
    await reject(untried.why, notBetter(untried.suggested));
    return 'known';
  }
  const applied = await bed.apply(configuration, `candidate ${n}: ${from}`);
  if (applied.state === 'failed') {
    await reject(applied.reason, Number.NEGATIVE_INFINITY);
    return 'failed';
  }
  const { seen, suggested, why } = await aim.race(campaign, candidate, toBeat);
  if (seen === 'stop') return seen;
  if (seen !== 'carried') {
    await reject(why, notBetter(suggested));
    return seen;
  }
  const score = await aim.measureBetter(campaign, { candidate, toBeat, best, deadlineMs });
  // What was not measured is not known to be better.
  const isBetter = score > best() && worthOf(campaign, candidate) > 0;
  // Nobody asks what a configuration that is not better does to the guards.
  const broken = isBetter ? await brokenBy(campaign, candidate) : null;
  if (broken !== null) {
    await reject(broken, score * GUARD_BROKEN_SCORE_SHARE);
    return 'carried';
  }
  tell(score);
  if (!isBetter) return 'carried';
  await becomeBest(search, candidate);
  return 'better';
}

async function becomeBest(search: Search, candidate: Measured): Promise<void> {
  const { campaign, best, drift } = search;
  const { metric } = campaign.aim;
  campaign.findings.best = candidate;
  best.seenMs = campaign.clock.nowMs();
  best.factor = drift.factor();
  const value = known(candidate, metric);
  const { label, configuration } = candidate;
  if (value) await campaign.emit({ type: 'best', label, configuration, metric, value });
}

/** Offers the best its own load; where it does not carry it any more, it is measured again, and the mean counts from then on. */
async function checkBest(search: Search): Promise<void> {
  const { campaign, deadlineMs, best } = search;
  const { findings, clock, bed, aim } = campaign;
  const { best: measured } = findings;
  if (measured === null || clock.nowMs() - best.seenMs < CHECK_BEST_EVERY_MS) return;
  const applied = await bed.apply(
    measured.configuration,
    `${measured.label} again: does it still carry as much?`,
  );
  if (applied.state === 'applied') {
    const { seen } = await aim.race(campaign, measured, bestNow(search));
    if (seen === 'overloaded') await aim.measure(campaign, measured, deadlineMs, 'coarse');
  }
  best.seenMs = clock.nowMs();
}

/** The baseline's time may have been too short to see anything carried: without a number for today's there is nothing to beat. */
async function knowCurrent({ campaign, deadlineMs }: Search): Promise<void> {
  const { findings, bed, signal, aim } = campaign;
  const { current } = findings;
  if (current === null || signal.aborted || worthOf(campaign, current) > 0) return;
  const applied = await bed.apply(current.configuration, 'current again: nothing was carried so far');
  if (applied.state === 'applied') await aim.measure(campaign, current, deadlineMs, 'coarse');
}

/** `current` and the contenders have been measured already: the sampler learns from them, and may start from them. */
function tellKnown(campaign: Campaign, sampler: Proposer): void {
  const { findings, prepared, held = [] } = campaign;
  const inPlay = new Set(prepared.inPlay.map(({ knob }) => knob.name));
  for (const measured of [findings.current, ...findings.contenders]) {
    const worth = worthOf(campaign, measured);
    if (measured === null || worth === 0) continue;
    const holds = held.every((goal) => worthOf(goal, measured) >= goal.worth);
    const score = holds ? worth : worth * GUARD_BROKEN_SCORE_SHARE;
    const full = { ...prepared.current, ...measured.configuration };
    const configuration = Object.fromEntries(Object.entries(full).filter(([name]) => inPlay.has(name)));
    findings.observations.push({ configuration, score });
    sampler.tell({ configuration, score, limiters: limitersOf(campaign, measured.label) });
  }
}

/** What gave way in its trials, the latest first, each once; under the load that counts before what did under that of a guard. */
function limitersOf({ overloads, aim }: Campaign, label: string): readonly Limiter[] {
  const all = overloads.get(label) ?? [];
  const isOwn = ({ shape }: Overload) => shape === aim.shape;
  const ordered = [...all.filter(isOwn), ...all.filter((one) => !isOwn(one))];
  return [...new Set(ordered.map(({ limiter }) => limiter))];
}

/** What the best so far would carry now, or `current` while nothing beat it. */
function bestNow({ campaign, drift, best }: Search): number {
  const { findings } = campaign;
  const worth = worthOf(campaign, findings.best ?? findings.current);
  return findings.best === null ? worth : (worth * drift.factor()) / best.factor;
}

/** One overloaded verdict may be bad luck; a second one is not. */
async function carriesTwice(
  campaign: Campaign,
  candidate: Measured,
  metric: LimitMetric,
  load: number,
  spec: LoadSpec,
): Promise<LoadClass> {
  const first = await carries(candidate.label, metric, load, { ...campaign, load: spec });
  if (first !== 'overloaded') return first;
  return carries(candidate.label, metric, load, { ...campaign, load: campaign.scenario.load });
}

/** What is known of it without a trial that keeps it from being better, or null. */
function knownOf(campaign: Campaign, configuration: Configuration, toBeat: number) {
  const { aim, held = [] } = campaign;
  const own = aim.known(campaign, configuration, toBeat);
  if (own !== null) return own;
  for (const goal of held) {
    const known = goal.aim.known(campaign, configuration, goal.worth);
    // The sampler's scores are of the other goal: the farther away, the less.
    if (known !== null) return { ...known, suggested: (toBeat * known.suggested) / goal.worth };
  }
  return null;
}

/** Why a better candidate is none after all, or null. */
async function brokenBy(campaign: Campaign, candidate: Measured): Promise<string | null> {
  for (const { aim, worth } of campaign.held ?? [])
    if (!(await aim.isAsGood(campaign, candidate, worth)))
      return `${aim.metric} is not as good as ${Number(aim.valueFor(worth).toPrecision(3))}`;
  return brokenGuard(campaign, candidate, 'short');
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
    const today = known(campaign.findings.current, metric)?.estimate ?? 0;
    const least = today * (1 - mayFall);
    if (least < 1) continue;
    const spec = trials === 'short' ? shortened(load, metric) : load;
    if ((await carriesTwice(campaign, candidate, metric, least, spec)) === 'overloaded')
      return `${metric} fell by more than ${(mayFall * 100).toFixed(0)} %: does not carry ${Math.round(least)}`;
  }
  return null;
}

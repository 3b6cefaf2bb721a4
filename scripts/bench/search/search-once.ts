// One search on a simulated router, by the loop of a real campaign: after how many seconds is its best truly good, and how good is it
// when the time of a usual campaign's search is up?
import { aimOf, aimsOf } from '../../../src/campaign/aims/aim-of.ts';
import { measureBaseline } from '../../../src/campaign/baseline.ts';
import { createBudget } from '../../../src/campaign/budget.ts';
import { type Campaign, repairFor, samplerFor } from '../../../src/campaign/campaign.ts';
import type { NewEvent } from '../../../src/campaign/events.ts';
import { createFindings, type Findings } from '../../../src/campaign/findings.ts';
import { createSpoilt, type Spoilt } from '../../../src/campaign/measure.ts';
import { notingOverloads, type Overloads } from '../../../src/campaign/note-overloads.ts';
import { proofMs } from '../../../src/campaign/proof/enough.ts';
import { type Proposer, searchCandidates } from '../../../src/campaign/search-candidates.ts';
import {
  createSimulatedTestBed,
  type SimulatedTestBedDeps,
} from '../../../src/campaign/simulated-test-bed.ts';
import type { TrialTally } from '../../../src/campaign/trial-tally.ts';
import type { Configuration } from '../../../src/knobs/knob.ts';
import type { Scenario, SimTargetSpec } from '../../../src/scenario/scenario.ts';
import type { SamplerName } from '../../../src/search/sampler-names.ts';
import type { Landscape } from '../../../src/sim/landscape.ts';
import { createVirtualClock } from '../../../src/sim/virtual-clock.ts';
import { scenarioOn } from '../landscape-scenario.ts';
import type { Judge } from './judge.ts';

export interface Once {
  /** Seconds of the search, trials and restarts and all; null: never within MOST_SECONDS. */
  readonly secondsTo5Pct: number | null;
  /** What is missing to the optimum when the search's share of the usual budget is spent, pct. */
  readonly regretPct: number;
}

/** Longer searches are given up: more than twice as long as a usual one. */
export const MOST_SECONDS = 300;

export interface Today {
  readonly landscape: Landscape;
  readonly scenario: Scenario;
  readonly sim: SimTargetSpec;
  /** As it is once `current` is measured: the same for every sampler. */
  readonly findings: Findings;
  readonly overloads: Overloads;
  readonly spoilt: Spoilt;
  readonly trials: TrialTally;
  readonly startMs: number;
  /** When the search's share of the usual budget is spent. */
  readonly usualEndMs: number;
}

/** The campaign up to its search. */
export async function measureToday(landscape: Landscape, noisePct: number, seed: number): Promise<Today> {
  const { scenario, sim } = scenarioOn(landscape, noisePct, seed);
  const clock = createVirtualClock({ date: () => new Date(0) });
  const { signal } = new AbortController();
  const [findings, overloads, spoilt] = [createFindings(), new Map() as Overloads, createSpoilt()];
  const campaign = await campaignOf(
    { scenario, sim, clock, emit: async () => {}, signal },
    { findings, overloads, spoilt },
  );
  await measureBaseline(campaign);
  const { bed, budget } = campaign;
  const usualEndMs = budget.deadlineMs('search');
  const { trials } = bed.cost;
  return {
    landscape,
    scenario,
    sim,
    findings,
    overloads,
    spoilt,
    trials,
    startMs: clock.nowMs(),
    usualEndMs,
  };
}

export type Contender = SamplerName | ((campaign: Campaign) => Proposer);

export async function searchOnce(today: Today, judge: Judge, sampler: Contender): Promise<Once> {
  const { landscape, scenario, sim, startMs, usualEndMs } = today;
  const { findings, overloads, spoilt, trials } = structuredClone({
    ...{ findings: today.findings, overloads: today.overloads, spoilt: today.spoilt, trials: today.trials },
  });
  const clock = createVirtualClock({ date: () => new Date(0) }, startMs);
  const enough = new AbortController();
  const { signal } = enough;
  let best: Configuration = landscape.today;
  let reachedMs: number | null = null;
  let atUsualEnd: Configuration | null = null;
  const look = () => {
    if (clock.nowMs() > usualEndMs) atUsualEnd ??= best;
    if (atUsualEnd !== null && reachedMs !== null) enough.abort();
  };
  const emit = async (event: NewEvent): Promise<void> => {
    look();
    if (event.type !== 'best') return;
    best = event.configuration;
    if (reachedMs === null && judge.isGood(best)) reachedMs = clock.nowMs() - startMs;
    look();
  };
  const usual = await campaignOf({ scenario, sim, clock, emit, signal }, { findings, overloads, spoilt });
  // Trials are numbered on, so that none meets the machine as another one did.
  Object.assign(usual.bed.cost.trials, trials);
  const endMs = startMs + MOST_SECONDS * 1_000;
  const campaign: Campaign = {
    ...usual,
    budget: { ...usual.budget, endMs, leftMs: () => endMs - clock.nowMs(), deadlineMs: () => endMs },
  };
  const proposer =
    typeof sampler === 'string'
      ? samplerFor({ ...campaign, scenario: { ...scenario, search: { sampler } } })
      : sampler(campaign);
  await searchCandidates(campaign, proposer, { patience: Number.POSITIVE_INFINITY });
  return {
    secondsTo5Pct: reachedMs === null ? null : reachedMs / 1_000,
    regretPct: (1 - Math.min(1, judge.shareOf(atUsualEnd ?? best))) * 100,
  };
}

async function campaignOf(
  deps: SimulatedTestBedDeps,
  learned: Pick<Campaign, 'findings' | 'overloads' | 'spoilt'>,
): Promise<Campaign> {
  const { scenario, clock, emit, signal } = deps;
  const bed = notingOverloads(createSimulatedTestBed(deps), learned.overloads, scenario.objective);
  const prepared = await bed.prepare();
  return {
    ...{
      id: 'bench',
      scenario,
      bed,
      clock,
      emit,
      signal,
      prepared,
      aim: aimOf(scenario),
      aims: aimsOf(scenario),
    },
    ...learned,
    budget: createBudget(scenario.budgetMs, clock, proofMs(scenario)),
    repair: repairFor(prepared),
  };
}

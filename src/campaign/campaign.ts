// The campaign: prepare → measure `current` and the contenders → (propose → apply → load → measure → judge)* →
// confirm → restore → report. This file is that sentence; each verb has its own file.
import type { Clock } from '../clock.ts';
import { repairConfiguration } from '../knobs/constraints.ts';
import type { Configuration } from '../knobs/knob.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { createSampler } from '../search/create-sampler.ts';
import type { Result } from '../store/result.ts';
import { measureBaseline, measureContenders } from './baseline.ts';
import { createBudget } from './budget.ts';
import { buildResult } from './build-result.ts';
import { confirm } from './confirm.ts';
import type { Emit } from './events.ts';
import { createFindings, type Findings } from './findings.ts';
import { MeasurementFailed } from './measure.ts';
import { searchCandidates } from './search-candidates.ts';
import type { Prepared, TestBed } from './test-bed.ts';

export interface CampaignDeps {
  readonly id: string;
  readonly scenario: Scenario;
  readonly bed: TestBed;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Aborts at Ctrl-C, SIGTERM or the operator's deadline: the campaign restores and ends. */
  readonly signal: AbortSignal;
}

/** What every part of a campaign works with. */
export interface Campaign extends CampaignDeps {
  readonly prepared: Prepared;
  readonly budget: ReturnType<typeof createBudget>;
  readonly findings: Findings;
  /** Makes a configuration consistent, or null when that cannot be. */
  readonly repair: (configuration: Configuration) => Configuration | null;
}

/** Runs to the end and always restores. Throws only for bugs and for errors the user can mend (after the restore). */
export async function runCampaign(deps: CampaignDeps): Promise<Result> {
  const { scenario, bed, clock, emit } = deps;
  const startedAt = clock.date();
  const budget = createBudget(scenario.budgetMs, clock);
  const findings = createFindings();
  let prepared: Prepared | null = null;
  try {
    await emit({
      type: 'campaign-started',
      id: deps.id,
      scenario: scenario.name,
      seed: scenario.seed,
      budgetMs: scenario.budgetMs,
      pid: process.pid,
    });
    await emit({ type: 'phase', phase: 'prepare' });
    prepared = await bed.prepare();
    for (const inert of prepared.inert) await emit({ type: 'inert', ...inert });
    const campaign = openCampaign(deps, prepared, budget, findings);

    await emit({ type: 'phase', phase: 'baseline' });
    await measureBaseline(campaign);
    await emit({ type: 'phase', phase: 'contenders' });
    await measureContenders(campaign);
    await emit({ type: 'phase', phase: 'search' });
    await searchCandidates(campaign, samplerFor(campaign));
    await emit({ type: 'phase', phase: 'confirm' });
    await confirm(campaign);
  } catch (error) {
    if (!(error instanceof MeasurementFailed)) throw error;
    findings.aborted = error.message;
  } finally {
    // A journal that cannot be written any more (a full disk) must not stand between the router and its restore.
    await emit({ type: 'phase', phase: 'restore' }).catch(() => {});
    const restored = await bed.restore();
    findings.restored = restored.complete;
    await emit({ type: 'restored', ...restored });
  }
  if (deps.signal.aborted) findings.aborted ??= 'interrupted';
  await emit({ type: 'phase', phase: 'report' });
  const result = buildResult({
    ...deps,
    prepared,
    findings,
    startedAt,
    finishedAt: clock.date(),
    cost: bed.cost,
  });
  await emit({ type: 'campaign-finished', verdict: result.verdict, reason: result.reason });
  return result;
}

function openCampaign(
  deps: CampaignDeps,
  prepared: Prepared,
  budget: Campaign['budget'],
  findings: Findings,
): Campaign {
  const repair = (configuration: Configuration): Configuration | null => {
    const outcome = repairConfiguration(configuration, prepared.current, prepared.constraintFacts);
    return outcome.state === 'valid' ? outcome.configuration : null;
  };
  return { ...deps, prepared, budget, findings, repair };
}

function samplerFor({ prepared, scenario, repair }: Campaign) {
  const start = Object.fromEntries(
    prepared.inPlay.map(({ knob, min }) => [knob.name, prepared.current[knob.name] ?? min]),
  );
  return createSampler({ knobs: prepared.inPlay, start, seed: scenario.seed, repair });
}

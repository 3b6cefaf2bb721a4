// The campaign: prepare → measure `current` and the contenders → (propose → apply → load → measure → judge)* →
// minimise → confirm → restore → report. This file is that sentence; each verb has its own file.
import type { Clock } from '../clock.ts';
import { repairConfiguration } from '../knobs/constraints.ts';
import type { Configuration } from '../knobs/knob.ts';
import { LeaseLost } from '../safety/safeguard.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { createSampler } from '../search/create-sampler.ts';
import type { Result } from '../store/result.ts';
import { afterRestore } from './after-restore.ts';
import type { Aim } from './aims/aim.ts';
import { aimOf, aimsOf } from './aims/aim-of.ts';
import { measureBaseline, measureContenders } from './baseline.ts';
import { createBudget } from './budget.ts';
import { buildResult } from './build-result.ts';
import { confirm } from './confirm.ts';
import type { Emit } from './events.ts';
import { createFindings, type Findings } from './findings.ts';
import { proveFront } from './front/prove-front.ts';
import { searchFront } from './front/search-front.ts';
import { UnsafeTarget } from './guards/unsafe-target.ts';
import { interruptionOf } from './interruption.ts';
import { createSpoilt, MeasurementFailed, type Spoilt } from './measure.ts';
import { minimise } from './minimise.ts';
import { notingCpuBounds } from './note-cpu-bounds.ts';
import { notingOverloads, type Overloads } from './note-overloads.ts';
import { notingPhone } from './note-phone.ts';
import { proofMs, RESTART_MS } from './proof/enough.ts';
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
  readonly aim: Aim;
  /** All of them, where the objective names several; the first is `aim`. */
  readonly aims: readonly Aim[];
  /** What a candidate must be worth besides being better. */
  readonly held?: readonly { readonly aim: Aim; readonly worth: number }[];
  readonly prepared: Prepared;
  readonly budget: ReturnType<typeof createBudget>;
  readonly findings: Findings;
  readonly spoilt: Spoilt;
  readonly overloads: Overloads;
  /** Makes a configuration consistent, or null when that cannot be. */
  readonly repair: (configuration: Configuration) => Configuration | null;
}

/** Runs to the end and always restores. Throws only for bugs and for errors the user can mend (after the restore). */
export async function runCampaign(given: CampaignDeps): Promise<Result> {
  const findings = createFindings();
  const overloads: Overloads = new Map();
  const noting = notingPhone(notingCpuBounds(given.bed, findings), findings);
  const deps = { ...given, bed: notingOverloads(noting, overloads, given.scenario.objective) };
  const { scenario, bed, clock, emit } = deps;
  const startedAt = clock.date();
  const budget = createBudget(scenario.budgetMs, clock, proofMs(scenario));
  let prepared: Prepared | null = null;
  let unsafe = false;
  let failure: unknown = null;
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
    const campaign = openCampaign({ ...deps, overloads }, prepared, budget, findings);

    await emit({ type: 'phase', phase: 'baseline' });
    await measureBaseline(campaign);
    await emit({ type: 'phase', phase: 'contenders' });
    await measureContenders(campaign);
    await emit({ type: 'phase', phase: 'search' });
    if (campaign.aims.length > 1) {
      await searchFront(campaign);
      await emit({ type: 'phase', phase: 'confirm' });
      await proveFront(campaign);
    } else {
      await searchCandidates(campaign, samplerFor(campaign));
      await emit({ type: 'phase', phase: 'minimise' });
      await minimise(campaign);
      await emit({ type: 'phase', phase: 'confirm' });
      await confirm(campaign);
    }
  } catch (error) {
    // What fails once nothing may be written any more fails for that reason.
    const known = error instanceof MeasurementFailed || error instanceof UnsafeTarget;
    if (known || leaseLost(deps.signal) !== null) {
      unsafe = error instanceof UnsafeTarget;
      findings.aborted = error instanceof Error ? error.message : String(error);
    } else failure = error;
  }
  // Nothing keeps it from the restore, not even a journal that cannot be written any more.
  await emit({ type: 'phase', phase: 'restore' }).catch(() => {});
  const restored = await bed.restore();
  findings.restored = restored.complete;
  await emit({ type: 'restored', ...restored }).catch((error: unknown) => {
    // What is still changed on the target weighs more than a journal that is full.
    failure ??= error;
  });
  if (failure !== null) throw afterRestore(failure, restored, { id: deps.id, prepared });
  // What else failed after an interruption failed because of it.
  if (deps.signal.aborted && !unsafe) findings.aborted = interruptionOf(deps.signal);
  findings.aborted = leaseLost(deps.signal) ?? findings.aborted;
  await emit({ type: 'phase', phase: 'report' });
  const result = buildResult({
    ...deps,
    prepared,
    findings,
    startedAt,
    finishedAt: clock.date(),
    wallMs: budget.usedMs(),
    cost: bed.cost,
  });
  await emit({ type: 'campaign-finished', verdict: result.verdict, reason: result.reason });
  return result;
}

/** Why the campaign lost its target, or null. */
function leaseLost({ reason }: AbortSignal): string | null {
  return reason instanceof LeaseLost ? reason.message : null;
}

function openCampaign(
  deps: CampaignDeps & Pick<Campaign, 'overloads'>,
  prepared: Prepared,
  budget: Campaign['budget'],
  findings: Findings,
): Campaign {
  const aims = aimsOf(deps.scenario);
  return {
    ...deps,
    aim: aimOf(deps.scenario),
    aims,
    prepared,
    budget,
    findings,
    spoilt: createSpoilt(),
    repair: repairFor(prepared),
  };
}

export function repairFor(prepared: Prepared): Campaign['repair'] {
  const { current, constraintFacts, simulatedKnobs } = prepared;
  return (configuration) => {
    const outcome = repairConfiguration(configuration, current, constraintFacts, simulatedKnobs);
    return outcome.state === 'valid' ? outcome.configuration : null;
  };
}

export function samplerFor({
  prepared,
  scenario,
  repair,
  aim,
  held = [],
}: Pick<Campaign, 'prepared' | 'scenario' | 'repair' | 'aim' | 'held'>) {
  const start = Object.fromEntries(
    prepared.inPlay.map(({ knob, min }) => [knob.name, prepared.current[knob.name] ?? min]),
  );
  return createSampler({
    ...{ knobs: prepared.inPlay, start, seed: scenario.seed, repair },
    ...(scenario.search === undefined ? {} : { name: scenario.search.sampler }),
    costs: { trialMs: aim.trialMs, restartMs: RESTART_MS },
    always: [aim, ...held.map((goal) => goal.aim)].flatMap(({ decidedBy }) => decidedBy),
  });
}

// How the budget is split, and about how many trials fit into each part.
import { mean } from 'simple-statistics';
import { aimsOf } from '../campaign/aims/aim-of.ts';
import { type BudgetPart, createBudget } from '../campaign/budget.ts';
import { trialMs } from '../campaign/measure.ts';
import { proofMs, RESTART_MS } from '../campaign/proof/enough.ts';
import type { LoadSpec, Scenario } from '../scenario/scenario.ts';
import type { PlannedPhase } from './plan.ts';

const PARTS: readonly BudgetPart[] = ['baseline', 'contenders', 'search', 'minimise', 'confirm'];
/** A search for a limit ends about every second trial in an overload, after which the router is restarted. */
const OVERLOADED_SHARE = 0.5;
/** A registrar begins each trial without the bindings of the one before. */
const restartShare = ({ flow }: LoadSpec) => (flow === 'register' ? 1 : OVERLOADED_SHARE);
const MS_PER_MINUTE = 60_000;

/** A campaign without contenders leaves their time to the search. */
export function phasesOf(scenario: Scenario, contenders: number): readonly PlannedPhase[] {
  const still = { nowMs: () => 0, date: () => new Date(0), sleep: async () => {} };
  const budget = createBudget(scenario.budgetMs, still, proofMs(scenario));
  const { guards } = scenario.objective;
  const meanTrialMs = mean([
    ...aimsOf(scenario).map((aim) => aim.trialMs),
    ...guards.map(({ metric }) => trialMs(metric, scenario.load)),
  ]);
  const eachMs = meanTrialMs + restartShare(scenario.load) * RESTART_MS;
  let endMs = 0;
  const phases: PlannedPhase[] = [];
  for (const phase of PARTS) {
    if (phase === 'contenders' && contenders === 0) continue;
    const partMs = budget.deadlineMs(phase) - endMs;
    endMs = budget.deadlineMs(phase);
    phases.push({ phase, minutes: partMs / MS_PER_MINUTE, trials: Math.floor(partMs / eachMs) });
  }
  return [...phases, { phase: 'restore', minutes: (scenario.budgetMs - endMs) / MS_PER_MINUTE, trials: 0 }];
}

/** One for every overload; a new configuration mostly costs one as well, and needs a few trials. */
export function restartsOf(phases: readonly PlannedPhase[], load: LoadSpec): number {
  const trials = phases.reduce((sum, phase) => sum + phase.trials, 0);
  return Math.round(trials * Math.max(restartShare(load), OVERLOADED_SHARE * 1.3));
}

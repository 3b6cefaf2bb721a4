// Works a plan out: reads the target as a campaign would before its first write, and stops there.
import { requireGeneratorMachines } from '../campaign/generator-machines.ts';
import { limitKey, lineUp } from '../campaign/generators.ts';
import { inspectTarget, type PreparedTarget } from '../campaign/prepare.ts';
import type { Prepared } from '../campaign/test-bed.ts';
import type { TargetView } from '../campaign/view-target.ts';
import { overBase } from '../report/load-text.ts';
import { count } from '../report/numbers.ts';
import { STATE_DIR } from '../safety/state-dir.ts';
import { goalsOf } from '../scenario/metrics.ts';
import type { Goal, LoadSpec, Metric, Scenario } from '../scenario/scenario.ts';
import { recallLimit } from '../store/process-limits.ts';
import type { Target } from '../targets/target.ts';
import { verifyLoadPath } from '../targets/verify-address.ts';
import { firstCommands } from './loads.ts';
import { PLAN_SCHEMA, type Plan } from './plan.ts';
import { reachOf } from './reach.ts';
import { firstSteps } from './steps.ts';
import { phasesOf, restartsOf } from './time.ts';
import { setUpOf, setUpOfOthers, wayBackOf } from './way-back.ts';

/** Throws a UserError for what a campaign would refuse. */
export async function buildPlan(scenario: Scenario, { target, look, standing }: TargetView): Promise<Plan> {
  if (standing) await verifyLoadPath(target);
  await requireGeneratorMachines(target);
  const found = await inspectTarget(scenario, target, look);
  return {
    ...commonPlan(scenario, found),
    targetStands: standing,
    setUp: [...(standing ? [] : setUpOf(scenario, target)), ...setUpOfOthers(target)],
    steps: await firstSteps(scenario, found, target),
    loads: firstCommands(scenario, target, found.everything, await knownLimit(scenario, target)),
    wayBack: wayBackOf(found.originals, target, standing),
  };
}

/** What every plan has, also that of a router which is simulated. */
export function commonPlan(
  scenario: Scenario,
  { prepared, everything }: Pick<PreparedTarget, 'prepared' | 'everything'>,
): Omit<Plan, 'targetStands' | 'setUp' | 'steps' | 'loads' | 'wayBack'> {
  const reach = reachOf(prepared);
  const phases = phasesOf(scenario, prepared.contenders.length);
  return {
    schema: PLAN_SCHEMA,
    scenario: scenario.name,
    seed: scenario.seed,
    budgetMinutes: scenario.budgetMs / 60_000,
    objective: objectiveOf(scenario),
    target: prepared.target,
    inPlay: plannedKnobs({ prepared, everything }, reach.ranges),
    inert: prepared.inert,
    constraints: reach.constraints,
    phases,
    restarts: restartsOf(phases, scenario.load),
  };
}

/** As an earlier campaign has measured it here, where there may be several pairs. */
async function knownLimit({ load }: Scenario, target: Target): Promise<number | null> {
  const { pairs, fixed } = lineUp(load, target);
  if (fixed || pairs.length === 1) return null;
  // Where SIPp is missing, others say so.
  return limitKey(target, load)
    .then((key) => recallLimit(STATE_DIR, key))
    .catch(() => null);
}

function plannedKnobs(
  {
    prepared: { inPlay },
    everything,
  }: Pick<PreparedTarget, 'everything'> & { readonly prepared: Pick<Prepared, 'inPlay'> },
  ranges: ReturnType<typeof reachOf>['ranges'],
): Plan['inPlay'] {
  return inPlay.map(({ knob, min, max, choices }) => ({
    knob: knob.name,
    unit: knob.unit,
    today: everything[knob.name] ?? null,
    min,
    max,
    choices: choices ?? null,
    reaches: ranges.get(knob.name) ?? { min, max },
    changeCost: knob.changeCost,
  }));
}

const WORDS: Readonly<Record<Metric, string>> = {
  burstCalls: 'the largest burst',
  capacityCps: 'the highest call rate',
  lossShare: 'the lowest loss',
  p99SetupMs: 'the lowest p99 setup delay',
  memoryMib: 'the least memory',
};

export function objectiveOf({ objective, load }: Scenario): string {
  const guards = objective.guards.map(
    ({ metric, mayFall }) =>
      `${metric === 'burstCalls' ? 'the burst' : 'the rate'} may fall by ${(mayFall * 100).toFixed(0)} %`,
  );
  const bounds = `with at most ${Number((objective.maxLoss * 100).toFixed(3))} % lost and 99 % set up within ${objective.maxP99SetupMs} ms`;
  const goals = goalsOf(objective).map((goal) => goalText(goal, load));
  return [`${goals.join(' and ')} ${bounds}`, ...guards].join('; ');
}

function goalText(goal: Goal, load: LoadSpec): string {
  const { maximise } = goal;
  if (maximise === undefined) return `${WORDS[goal.minimise]} at ${count(goal.atRateCps)} calls/s`;
  return `${WORDS[maximise]}${maximise === 'burstCalls' ? overBase(load.baseRateCps) : ''}`;
}

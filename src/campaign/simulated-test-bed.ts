// The test bed without a machine: a landscape on a virtual clock. It writes nothing anywhere, so there is nothing to restore.
import { boundsViolation } from '../knobs/constraints.ts';
import type { Configuration } from '../knobs/knob.ts';
import { busyPct } from '../meters/busy.ts';
import type { Scenario, SimTargetSpec } from '../scenario/scenario.ts';
import { changeBetween, RESTART_MS } from '../sim/change-cost.ts';
import { createDisturbances, trialRandom } from '../sim/disturbance.ts';
import { landscapeNamed } from '../sim/landscapes/index.ts';
import { prepareLandscape } from '../sim/prepare-landscape.ts';
import { simulateTrial } from '../sim/simulate-trial.ts';
import type { VirtualClock } from '../sim/virtual-clock.ts';
import type { Emit, TrialRecord } from './events.ts';
import type { ApplyOutcome, TestBed } from './test-bed.ts';
import { count, createTally } from './trial-tally.ts';
import type { Verdict } from './verdict.ts';

export interface SimulatedTestBedDeps {
  readonly scenario: Scenario;
  readonly sim: SimTargetSpec;
  readonly clock: VirtualClock;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

const PER_CENT = 100;
const ROUTER_CPU = 0;

export function createSimulatedTestBed({
  scenario,
  sim,
  clock,
  emit,
  signal,
}: SimulatedTestBedDeps): TestBed {
  const landscape = landscapeNamed(sim.landscape);
  const scatter = sim.noisePct / PER_CENT;
  const disturbed = createDisturbances(scenario.seed, scatter);
  const cost = { restarts: 0, loadMs: 0, trials: createTally() };
  let inForce: Configuration = landscape.today;

  const restart = (): ApplyOutcome => {
    cost.restarts += 1;
    clock.advance(RESTART_MS);
    return { state: 'applied', restarted: true };
  };

  return {
    cost,

    async prepare() {
      await emit({
        type: 'warning',
        message: `simulated: no router is measured, and no setting is written (landscape ${landscape.name}, noise ${sim.noisePct} %)`,
      });
      return prepareLandscape(landscape, { sim, scenario });
    },

    async apply(configuration) {
      const outside = boundsViolation(changed(landscape.today, configuration), landscape.ownKnobs);
      if (outside !== null) return { state: 'failed', reason: outside, log: [] };
      const wanted = { ...landscape.today, ...configuration };
      const change = changeBetween(landscape, inForce, wanted);
      inForce = wanted;
      if (change.restarted) return restart();
      clock.advance(change.ms);
      return { state: 'applied', restarted: false };
    },

    async offer(label, plan) {
      const n = cost.trials.total + 1;
      const { load, objective } = scenario;
      const lengthMs = plan.shape === 'steady' ? plan.warmupMs + plan.windowMs : 0;
      const simulated = simulateTrial({
        ...{ landscape, plan, load, objective, scatter },
        configuration: inForce,
        random: trialRandom(scenario.seed, -n),
        disturbance: disturbed({ n, atMs: clock.nowMs(), lengthMs }),
      });
      clock.advance(simulated.wallMs);
      const verdict: Verdict = signal.aborted
        ? { state: 'invalid', reason: 'interrupted' }
        : simulated.verdict;
      const trial: TrialRecord = {
        ...{ n, label, plan, verdict },
        configuration: inForce,
        meters: simulated.meters,
        ua: null,
        meterFaults: [],
        wallMs: simulated.wallMs,
      };
      count(cost.trials, verdict);
      cost.loadMs += trial.wallMs;
      await emit({ type: 'trial', trial });
      return trial;
    },

    recover: async () => restart(),
    netperf: async () => ({ state: 'absent', reason: 'a simulated router has no network' }),

    routerBusyShare({ meters }) {
      const pct = busyPct(meters, ROUTER_CPU);
      return pct === undefined ? null : pct / PER_CENT;
    },

    restore: async () => ({ complete: true, failures: [] }),
  };
}

/** Today's values may be outside of what siptune would write. */
function changed(today: Configuration, configuration: Configuration): Configuration {
  return Object.fromEntries(Object.entries(configuration).filter(([name, value]) => today[name] !== value));
}

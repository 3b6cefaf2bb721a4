// The generators' commands of the first trials.
import { GENERATOR_BUFFER_BYTES } from '../campaign/generator-headroom.ts';
import { firstLoad, planFor } from '../campaign/measure.ts';
import { burstPrior } from '../campaign/prior.ts';
import type { Configuration } from '../knobs/knob.ts';
import type { LoadPlan } from '../load/load.ts';
import { type CallOrder, calleeArgv, callerArgv, callOrder } from '../load/sipp-argv.ts';
import { arrivalSeed, scheduleArrivals } from '../load/sipp-arrivals.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Endpoint, Target } from '../targets/target.ts';
import type { Plan } from './plan.ts';

export function firstCommands(
  { load, objective, seed }: Scenario,
  { caller, callee, routerAddress, routerPort, loadCpus }: Target,
  today: Configuration,
): Plan['loads'] {
  const started = ({ host: { netns } }: Endpoint, argv: readonly string[]) => [
    ...(netns === undefined ? [] : ['ip', 'netns', 'exec', netns]),
    ...['taskset', '-c', loadCpus, ...argv],
  ];
  const side = ({ address, port }: Endpoint) => ({
    address,
    port,
    bufferBytes: GENERATOR_BUFFER_BYTES,
    transport: load.transport,
  });
  const orderOf = (plan: LoadPlan): CallOrder => {
    const order = callOrder(plan);
    return plan.shape === 'burst' || !load.arrivals
      ? order
      : { ...order, schedule: scheduleArrivals(plan, order, load.arrivals, arrivalSeed(seed, 1)) };
  };
  const offers = [objective.maximise, ...objective.guards.map(({ metric }) => metric)].map((metric) => {
    const prior = metric === 'burstCalls' ? burstPrior(today, undefined, objective.maxP99SetupMs) : undefined;
    const plan = planFor(metric, firstLoad(metric, prior), load);
    return {
      what:
        plan.shape === 'burst'
          ? `the first burst, ${plan.calls} calls at once`
          : `the first rate, ${plan.rateCps} calls/s${load.arrivals ? ', each call waiting for its time' : ''}`,
      command: started(
        caller,
        callerArgv({
          ...side(caller),
          routerAddress,
          routerPort,
          calleeAddress: callee.address,
          calleePort: callee.port,
          flow: load.flow,
          holdMs: load.holdMs,
          order: orderOf(plan),
        }),
      ),
    };
  });
  const answer = calleeArgv({ ...side(callee), csvFile: 'sipp-callee-1.csv', holdMs: load.holdMs });
  return [{ what: 'the answering side', command: started(callee, answer) }, ...offers];
}

// The generators' commands of the first trials.
import { GENERATOR_BUFFER_BYTES } from '../campaign/generator-headroom.ts';
import { type LineUp, lineUp, type PlacedPair, sizeOf } from '../campaign/generators.ts';
import { firstLoad, planFor } from '../campaign/measure.ts';
import { burstPrior } from '../campaign/prior.ts';
import type { Configuration } from '../knobs/knob.ts';
import type { LoadPlan } from '../load/load.ts';
import { basePlan } from '../load/over-base.ts';
import { type PlanShare, sharePlan } from '../load/share-plan.ts';
import { type CallOrder, calleeArgv, callerArgv, callOrder } from '../load/sipp-argv.ts';
import { arrivalSeed, scheduleArrivals } from '../load/sipp-arrivals.ts';
import { type FlowPath, flowFile } from '../load/sipp-flows.ts';
import { overBase } from '../report/load-text.ts';
import { goalsOf } from '../scenario/metrics.ts';
import type { LimitMetric, Scenario } from '../scenario/scenario.ts';
import type { Endpoint, Target } from '../targets/target.ts';
import type { Plan } from './plan.ts';

/** `limitCps`: what one pair is known to reach; null where that is not known yet, or does not matter. */
export function firstCommands(
  scenario: Scenario,
  target: Target,
  today: Configuration,
  limitCps: number | null = null,
): Plan['loads'] {
  const { load, objective } = scenario;
  const line = lineUp(load, target);
  const size = line.fixed || limitCps !== null ? sizeOf(line, limitCps) : () => 1;
  const firstOf = (metric: LimitMetric) => {
    const prior = metric === 'burstCalls' ? burstPrior(today, undefined, objective.maxP99SetupMs) : undefined;
    return planFor(metric, firstLoad(metric, prior), load);
  };
  const offers = [
    ...goalsOf(objective).map((goal) =>
      goal.maximise === undefined ? planFor('capacityCps', goal.atRateCps, load) : firstOf(goal.maximise),
    ),
    ...objective.guards.map(({ metric }) => firstOf(metric)),
  ].map((plan) => ({ plan, shares: sharePlan(plan, size(plan)) }));
  const most = Math.max(...offers.map(({ shares }) => shares.length));
  const pairs = line.pairs.slice(0, most);
  const { base } = line;
  return [
    ...pairs.map((pair, index) => ({
      what: `the answering side${ofPairs(index, most)}${on(pair)}${upTo(line, most)}`,
      command: answeringCommand(scenario, pair),
    })),
    ...(base
      ? [
          {
            what: `the answering side of the base rate${on(base)}`,
            command: answeringCommand(scenario, base),
          },
        ]
      : []),
    ...offers.flatMap(({ plan, shares }) => [
      ...(base ? baseOffer(scenario, target, base, plan) : []),
      ...shares.map((share, index) => {
        const pair = pairs[index] ?? line.pairs[0];
        return {
          what: `${whatOf(plan, scenario)}${ofPairs(index, shares.length)}${on(pair)}`,
          command: callingCommand(scenario, target, pair, share),
        };
      }),
    ]),
  ];
}

/** What a burst comes on top of. */
function baseOffer(
  scenario: Scenario,
  target: Target,
  base: PlacedPair,
  burst: LoadPlan,
): readonly Plan['loads'][number][] {
  if (burst.shape !== 'burst') return [];
  const [share] = sharePlan(basePlan(burst, scenario.load.holdMs), 1);
  if (!share) return [];
  return [
    {
      what: `the base rate, ${burst.baseRateCps} calls/s, before the burst and through it${on(base)}`,
      command: callingCommand(scenario, target, base, share),
    },
  ];
}

function ofPairs(index: number, count: number): string {
  return count === 1 ? '' : ` (pair ${index + 1} of ${count})`;
}

function on({ machine }: PlacedPair): string {
  return machine === undefined ? '' : `, on ${machine.host.label}`;
}

/** As SIPp is told: on another machine the flows are in the campaign's folder. */
function flowOf({ machine }: PlacedPair): FlowPath {
  return machine === undefined ? flowFile : (name) => `${machine.workDir}/${name}.xml`;
}

function upTo({ pairs: { length }, fixed }: LineUp, used: number): string {
  return fixed || length <= used ? '' : `; a rate that is too much for it is dealt to up to ${length} pairs`;
}

function whatOf(plan: LoadPlan, { load }: Scenario): string {
  return plan.shape === 'burst'
    ? `the first burst, ${plan.calls} calls at once${overBase(plan.baseRateCps)}`
    : `the first rate, ${plan.rateCps} calls/s${load.arrivals ? ', each call waiting for its time' : ''}`;
}

function started({ host: { netns } }: Endpoint, cpus: string, argv: readonly string[]): readonly string[] {
  return [
    ...(netns === undefined ? [] : ['ip', 'netns', 'exec', netns]),
    ...['taskset', '-c', cpus, ...argv],
  ];
}

function sideOf({ load: { transport, holdMs } }: Scenario, { address, port }: Endpoint) {
  return { address, port, bufferBytes: GENERATOR_BUFFER_BYTES, transport, holdMs };
}

function answeringCommand(scenario: Scenario, pair: PlacedPair): readonly string[] {
  const { callee, cpus } = pair;
  const argv = calleeArgv({
    ...sideOf(scenario, callee),
    flowPath: flowOf(pair),
    csvFile: 'sipp-callee-1.csv',
  });
  return started(callee, cpus.callee, argv);
}

function callingCommand(
  scenario: Scenario,
  { routerAddress, routerPort }: Target,
  pair: PlacedPair,
  share: PlanShare,
): readonly string[] {
  const { caller, callee, cpus } = pair;
  const argv = callerArgv({
    ...sideOf(scenario, caller),
    flowPath: flowOf(pair),
    routerAddress,
    routerPort,
    calleeAddress: callee.address,
    calleePort: callee.port,
    flow: scenario.load.flow,
    order: orderOf(scenario, share),
  });
  return started(caller, cpus.caller, argv);
}

function orderOf({ load: { arrivals }, seed }: Scenario, { plan, part }: PlanShare): CallOrder {
  const order = callOrder(plan);
  if (part.whole.shape === 'burst' || !arrivals) return order;
  const schedule = scheduleArrivals(part.whole, callOrder(part.whole), arrivals, arrivalSeed(seed, 1), part);
  return { ...order, schedule };
}

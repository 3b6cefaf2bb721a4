// One trial on a landscape: the queues, then what the meters would have shown, judged by the same rules as a real trial.

import type { Verdict } from '../campaign/verdict.ts';
import { cpuBoundOf } from '../capacity/cpu-bound.ts';
import { judgeTrial } from '../capacity/judge.ts';
import type { Configuration } from '../knobs/knob.ts';
import type { LoadPlan } from '../load/load.ts';
import type { MeterReport } from '../meters/meter.ts';
import type { Objective } from '../scenario/scenario.ts';
import type { Random } from '../stats/random.ts';
import { type Disturbance, UNDISTURBED } from './disturbance.ts';
import type { Landscape } from './landscape.ts';
import { offer, type SimulatedOffer, type SimulatedRouter } from './offer.ts';
import { rcvbufBytes, routerOf } from './router-of.ts';

export interface TrialToSimulate {
  readonly landscape: Landscape;
  readonly configuration: Configuration;
  readonly plan: LoadPlan;
  readonly load: Landscape['load'];
  readonly objective: Objective;
  readonly random: Random;
  /** Without it the trial is the truth. */
  readonly disturbance?: Disturbance;
  /** Relative standard deviation of the machine's speed. */
  readonly scatter: number;
  /** For those who only want the verdict: see QueueConditions. */
  readonly stopAtLoss?: number;
}

export interface SimulatedTrial {
  readonly verdict: Exclude<Verdict, { state: 'failed' }>;
  readonly meters: Readonly<Record<string, MeterReport>>;
  readonly busyShare: number;
  /** What the trial would have taken on a real machine, ms. */
  readonly wallMs: number;
}

/** The router's CPUs are numbered from 0, and nobody else is on them. */
const ROUTER_CPU = 0;
/** Start of the generators, and what it takes to end and read them: as in results/calibration.json. */
const TRIAL_OVERHEAD_MS = 450;

export function simulateTrial(trial: TrialToSimulate): SimulatedTrial {
  const { landscape, configuration, plan, load, disturbance = UNDISTURBED } = trial;
  const router = routerOf(landscape, configuration, disturbance.bufferFactor);
  const offered = offer(router, plan, {
    speed: disturbance.speed,
    holdMs: load.holdMs,
    arrivals: {
      steady: load.arrivals,
      burstCallsPerMs: landscape.machine.burstCallsPerMs,
      random: trial.random,
    },
    scatter: trial.scatter,
    random: trial.random,
    ...(trial.stopAtLoss === undefined ? {} : { stopAtLoss: trial.stopAtLoss }),
  });
  const meters = metersOf(offered, router, plan, rcvbufBytes(landscape, configuration), disturbance);
  const routerCpus = [ROUTER_CPU];
  const verdict = judgeTrial({ plan, load: offered.load, meters, routerCpus }, trial.objective);
  const bound =
    verdict.state === 'carried' && plan.shape === 'steady' ? cpuBoundOf(plan, meters, routerCpus) : null;
  return {
    verdict,
    meters: bound === null ? meters : { ...meters, cpuBound: { ...bound } },
    busyShare: offered.busyShare,
    wallMs: Math.round(TRIAL_OVERHEAD_MS + offered.queues.lengthMs),
  };
}

function metersOf(
  { queues, load, busyShare }: SimulatedOffer,
  router: SimulatedRouter,
  plan: LoadPlan,
  rcvbuf: number,
  { stealPct, hiddenStealPct }: Disturbance,
): Readonly<Record<string, MeterReport>> {
  const { dropped, queue } = queues;
  const bytes = rcvbuf / router.bufferDatagrams;
  const busyPct = round(busyShare * 100, 2);
  const refused = load.failedCalls;
  return {
    // As if the router had one CPU: the share of all that it has.
    mpstat: { [`cpu${ROUTER_CPU}BusyPct`]: busyPct, [`cpu${ROUTER_CPU}StealPct`]: round(stealPct, 2) },
    ticks: {
      [`cpu${ROUTER_CPU}NotIdlePct`]: busyPct,
      [`cpu${ROUTER_CPU}TicksShare`]: round(1 - hiddenStealPct / 100, 4),
      worstHiddenStealPct: round(hiddenStealPct, 2),
      worstStealPct: round(stealPct, 2),
      elapsedMs: plan.shape === 'steady' ? plan.windowMs : queues.lengthMs,
    },
    softnet: { dropped: Math.round(dropped.backlog), timeSqueeze: 0 },
    'snmp-router': { inDatagrams: Math.round(queues.datagrams), rcvbufErrors: Math.round(dropped.socket) },
    sockets: {
      routerDrops: Math.round(dropped.socket),
      routerRcvbufBytes: rcvbuf,
      routerRcvqPeakBytes: Math.round(queue.peak * bytes),
      ...(plan.shape === 'steady'
        ? {
            routerRcvqEarlyBytes: Math.round(queue.early * bytes),
            routerRcvqLateBytes: Math.round(queue.late * bytes),
          }
        : {}),
      generatorDrops: 0,
    },
    qdisc: {
      drops: Math.round(dropped.egress),
      backlogPeakPackets: Math.round(queues.egressPeakPackets),
    },
    schedstat: { routerRunPct: busyPct },
    router: {
      shmUsedPeakMib: round(queues.memoryPeakMib, 2),
      shmUsedPeakShare: router.memory ? round(queues.memoryPeakMib / router.memory.mib, 4) : 0,
      tmInUsePeak: Math.round(queues.transactionsPeak),
      routerLogOutOfMemory: refused,
    },
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

// One trial: start the meters when the window begins, offer the load, stop, judge. Every number of it is recorded.
import { judgeTrial } from '../capacity/judge.ts';
import type { Clock } from '../clock.ts';
import type { Configuration } from '../knobs/knob.ts';
import type { CallLoad, GeneratorProcess, LoadPlan } from '../load/load.ts';
import type { Phone, PhoneReport } from '../load/ua.ts';
import type { Meter } from '../meters/meter.ts';
import { startAll, stopAll } from '../meters/run-meters.ts';
import type { RouterProcess } from '../routers/router.ts';
import type { Objective } from '../scenario/scenario.ts';
import { cpuList } from '../targets/cpu-list.ts';
import type { Target } from '../targets/target.ts';
import type { TrialRecord } from './events.ts';
import type { Verdict } from './verdict.ts';

export interface TrialDeps {
  readonly target: Target;
  readonly routerProcesses: readonly RouterProcess[];
  readonly load: CallLoad;
  readonly meters: readonly Meter[];
  /** undefined: no phone takes part. */
  readonly phone: Phone | undefined;
  readonly objective: Objective;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface TrialOrder {
  readonly n: number;
  readonly label: string;
  readonly configuration: Configuration;
  readonly plan: LoadPlan;
  readonly rawDir: string;
}

export async function runTrial(order: TrialOrder, deps: TrialDeps): Promise<TrialRecord> {
  const { target, clock, signal } = deps;
  const startMs = clock.nowMs();
  let generators: readonly GeneratorProcess[] = [];
  const routerProcesses = deps.routerProcesses.map(({ pid }) => ({ pid, role: 'router' }));
  const metering = createMetering(deps.meters, {
    rawDir: order.rawDir,
    processes: () => [...routerProcesses, ...generators],
  });
  // A burst is meant to meet an idle router: the phone takes part in steady trials only.
  const phone = order.plan.shape === 'steady' ? deps.phone : undefined;
  await phone?.start(order.rawDir);
  // A burst is over in a moment: its first drops must not come before the first look.
  if (order.plan.shape === 'burst') await metering.start();
  const report = await deps.load.offer(order.plan, {
    rawDir: order.rawDir,
    trial: order.n,
    signal,
    // Drops of a burst come while its backlog is worked off, so its metering ends with the offer, not with its window.
    onWindow: (edge) => {
      if (edge === 'begin') void metering.start();
      else if (order.plan.shape === 'steady') void metering.stop();
    },
    onProcesses: (processes) => {
      generators = processes;
    },
  });
  const ua = (await phone?.stop()) ?? null;
  const { reports, faults } = await metering.stop();

  const verdict: Verdict = signal.aborted
    ? { state: 'invalid', reason: 'interrupted' }
    : (await target.router.isAlive())
      ? judgeTrial(
          { plan: order.plan, load: report, meters: reports, routerCpus: cpuList(target.routerCpus) },
          deps.objective,
        )
      : { state: 'failed', reason: 'the router died during the trial', log: await target.router.logTail(20) };
  return {
    n: order.n,
    label: order.label,
    configuration: order.configuration,
    plan: order.plan,
    verdict,
    meters: reports,
    ua: uaRecord(ua),
    meterFaults: [...faults, ...(ua?.state === 'absent' ? [`phone: ${ua.reason}`] : [])],
    wallMs: Math.round(clock.nowMs() - startMs),
  };
}

/** Starts and stops the meters once each, in that order, whatever the edges of the window do. */
function createMetering(meters: readonly Meter[], context: Parameters<typeof startAll>[1]) {
  const start = once(() => startAll(meters, context));
  const stop = once(async () => {
    await start();
    return stopAll(meters);
  });
  return { start, stop };
}

function once<T>(action: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= action();
    return result;
  };
}

function uaRecord(report: PhoneReport | null): TrialRecord['ua'] {
  if (report === null || report.state === 'absent') return null;
  return { calls: report.calls, failed: report.failed, p50Ms: report.setupMs.p50, maxMs: report.setupMs.max };
}

// One trial: start the meters when the window begins, offer the load, stop, judge. Every number of it is recorded.
import { carriageOf } from '../capacity/carriage.ts';
import { cpuBoundOf } from '../capacity/cpu-bound.ts';
import type { TrialEvidence } from '../capacity/evidence.ts';
import { judgeTrial } from '../capacity/judge.ts';
import type { Clock } from '../clock.ts';
import type { Configuration } from '../knobs/knob.ts';
import type { CallLoad, GeneratorProcess, LoadPlan, LoadReport } from '../load/load.ts';
import { phoneDisagreement } from '../load/phone-agrees.ts';
import type { Phone, PhoneReport } from '../load/ua.ts';
import type { Meter, MeterReport } from '../meters/meter.ts';
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
  /** Further machines with generators. */
  readonly otherMachines?: TrialEvidence['otherMachines'];
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

/** Begins the note on a trial in which phone and SIPp saw different things. */
export const PHONE_DISAGREES = 'the phone and SIPp disagree: ';

export async function runTrial(order: TrialOrder, deps: TrialDeps): Promise<TrialRecord> {
  const { target, clock, signal } = deps;
  const startMs = clock.nowMs();
  let generators: readonly GeneratorProcess[] = [];
  const routerProcesses = deps.routerProcesses.map(({ pid }) => ({ pid, role: 'router' }));
  const context = { rawDir: order.rawDir, processes: () => [...routerProcesses, ...generators] };
  const isSteady = order.plan.shape === 'steady';
  // The window of a burst is its whole offer: all its meters are of one span.
  const aroundOffer = ({ span }: Meter) => isSteady && span === 'offer';
  const metering = createMetering(
    deps.meters.filter((meter) => !aroundOffer(meter)),
    context,
  );
  const around = createMetering(deps.meters.filter(aroundOffer), context);
  // A burst is meant to meet an idle router: the phone takes part in steady trials only.
  const phone = isSteady ? deps.phone : undefined;
  await Promise.all([phone?.start(order.rawDir), around.start()]);
  // A burst is over in a moment: its first drops must not come before the first look.
  if (!isSteady) await metering.start();
  const load = await deps.load.offer(order.plan, {
    rawDir: order.rawDir,
    trial: order.n,
    signal,
    // Drops of a burst come while its backlog is worked off, so its metering ends with the offer, not with its window.
    onWindow: (edge) => {
      if (edge === 'begin') void metering.start();
      else if (isSteady) void metering.stop();
    },
    onProcesses: (processes) => {
      generators = processes;
    },
  });
  const [ua = null, ofWindow, ofOffer] = await Promise.all([phone?.stop(), metering.stop(), around.stop()]);
  const meters = { ...ofWindow.reports, ...ofOffer.reports };
  const routerCpus = cpuList(target.routerCpus);
  const verdict: Verdict = signal.aborted
    ? { state: 'invalid', reason: 'interrupted' }
    : (await target.router.isAlive())
      ? judgeTrial(
          {
            ...{ plan: order.plan, load, meters, routerCpus },
            [target.sharesKernel ? 'loadCpus' : 'generatorCpus']: cpuList(target.loadCpus),
            ...(deps.otherMachines ? { otherMachines: deps.otherMachines } : {}),
          },
          deps.objective,
        )
      : { state: 'failed', reason: 'the router died during the trial', log: await target.router.logTail(20) };
  return {
    n: order.n,
    label: order.label,
    configuration: order.configuration,
    plan: order.plan,
    verdict,
    meters: { ...meters, ...cpuReport(order, verdict, meters, routerCpus), ...partReports(load) },
    ua: uaRecord(ua),
    meterFaults: [...ofWindow.faults, ...ofOffer.faults, ...phoneFaults(ua, verdict)],
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

/** The CPU time of a call, where every call was one: those of an overload cost more, or were never begun. */
function cpuReport(
  { plan }: TrialOrder,
  { state }: Verdict,
  meters: TrialRecord['meters'],
  routerCpus: readonly number[],
): Readonly<Record<string, MeterReport>> {
  const bound = state === 'carried' && plan.shape === 'steady' ? cpuBoundOf(plan, meters, routerCpus) : null;
  return bound === null ? {} : { cpuBound: { ...bound } };
}

/** Of a burst over a base rate, each by itself: the verdict is on both together. */
function partReports({ parts }: LoadReport): Readonly<Record<string, MeterReport>> {
  if (!parts) return {};
  const reportOf = (part: LoadReport): MeterReport => {
    const { plannedCalls, goodCalls, completedCalls, setupMs } = carriageOf(part);
    const { p50, p99 } = setupMs ?? {};
    return {
      ...{ plannedCalls, goodCalls, completedCalls },
      ...(p50 === undefined || p99 === undefined ? {} : { p50SetupMs: p50, p99SetupMs: p99 }),
    };
  };
  return { burst: reportOf(parts.burst), base: reportOf(parts.base) };
}

function phoneFaults(ua: PhoneReport | null, verdict: Verdict): readonly string[] {
  if (ua === null) return [];
  if (ua.state === 'absent') return [`phone: ${ua.reason}`];
  const difference =
    verdict.state === 'carried' || verdict.state === 'overloaded' ? phoneDisagreement(ua, verdict) : null;
  return difference === null ? [] : [`${PHONE_DISAGREES}${difference}`];
}

function uaRecord(report: PhoneReport | null): TrialRecord['ua'] {
  if (report === null || report.state === 'absent') return null;
  const { p50, p95, p99, max } = report.setupMs;
  return { calls: report.calls, failed: report.failed, p50Ms: p50, p95Ms: p95, p99Ms: p99, maxMs: max };
}

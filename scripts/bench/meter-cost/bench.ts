// The lab with Kamailio as it is today, and one trial in it, with the meters or without any.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TrialRecord } from '../../../src/campaign/events.ts';
import { openTarget } from '../../../src/campaign/open-target.ts';
import { runTrial } from '../../../src/campaign/run-trial.ts';
import type { ApplyOutcome } from '../../../src/campaign/test-bed.ts';
import type { Verdict } from '../../../src/campaign/verdict.ts';
import { systemClock } from '../../../src/clock.ts';
import { CATALOGUE } from '../../../src/knobs/catalogue.ts';
import type { LoadPlan, SteadyPlan } from '../../../src/load/load.ts';
import { createSippLoad } from '../../../src/load/sipp.ts';
import { createMeters } from '../../../src/meters/create-meters.ts';
import type { Meter } from '../../../src/meters/meter.ts';
import { parseSchedstat } from '../../../src/meters/schedstat.ts';
import { formatProblems, loadScenario } from '../../../src/scenario/load-scenario.ts';
import type { LoadSpec } from '../../../src/scenario/scenario.ts';
import { createLocalHost } from '../../../src/targets/local-host.ts';
import { verifyLoadPath } from '../../../src/targets/verify-address.ts';
import { readTreeTicks } from './tree-cpu.ts';

export interface Seen {
  readonly verdict: Verdict;
  /** CPU time of siptune and of what it has started, running or ended, in the window; without generators and router. */
  readonly ownCpuMs: number;
  /** Of the router's processes, per planned call; NaN where the kernel does not tell. */
  readonly routerMsPerCall: number;
}

export interface Bench {
  readonly load: LoadSpec;

  trial(plan: SteadyPlan, metered: boolean): Promise<Seen>;
  /** One load of a search. */
  offer(label: string, plan: LoadPlan, metered: boolean): Promise<TrialRecord>;
  /** Restarts the router, as after an overload. */
  recover(): Promise<ApplyOutcome>;
  close(): Promise<void>;
}

/** What every kernel grants without lifting a ceiling is too little: the generators' own is asked for, and checked by the load. */
const BUFFER_BYTES = 2 * 1024 * 1024;
const NOT_METERS = new Set(['sipp', 'kamailio']);
const MS_PER_TICK = 10;
const SCENARIO = fileURLToPath(new URL('../../../scenarios/lab-kamailio.yaml', import.meta.url));

export async function openBench(folder: string, signal: AbortSignal): Promise<Bench> {
  const loaded = await loadScenario(SCENARIO, CATALOGUE);
  if (loaded.state === 'invalid') throw new Error(formatProblems(loaded.problems));
  const { scenario } = loaded;
  const clock = systemClock;
  const machine = createLocalHost();
  const lifetime = openTarget({
    ...{ scenario, campaign: 'meter-cost', machine, clock, emit: async () => {} },
    workDir: join(folder, 'router'),
  });
  await lifetime.safeguard.take();
  const letGo = async () => {
    await lifetime.safeguard.restore();
    await lifetime.close();
  };
  const target = await lifetime.open().catch(async (error: unknown) => {
    await letGo();
    throw error;
  });
  const { caller, callee, routerAddress, routerPort, loadCpus: cpus } = target;
  const load = createSippLoad({
    ...{ caller, callee, routerAddress, routerPort, cpus, clock },
    flow: 'invite',
    holdMs: scenario.load.holdMs,
    bufferBytes: BUFFER_BYTES,
    withBufferHeadroom: (start) => start(),
  });
  const close = async () => {
    await load.close();
    await target.router.stop();
    await letGo();
  };
  const started = await target.router.start(await target.router.currentSettings(), signal);
  if (started.state === 'failed') {
    await close();
    throw new Error(started.reason);
  }
  const meters = createMeters({
    machine: target.machine,
    routerHost: target.routerHost,
    generators: undefined,
    devices: target.devices,
    router: target.router,
    routerPort,
    pairs: [{ caller, callee }],
    facts: target.facts,
    clock,
  });
  let routerProcesses = started.processes;
  let n = 0;
  const offer = async (label: string, plan: LoadPlan, using: readonly Meter[]) => {
    n += 1;
    const rawDir = join(folder, String(n));
    await mkdir(rawDir, { recursive: true });
    await verifyLoadPath(target);
    await load.open(rawDir);
    return runTrial(
      { n, label, configuration: {}, plan, rawDir },
      {
        ...{ target, load, clock, signal, routerProcesses, phone: undefined },
        meters: using,
        objective: scenario.objective,
      },
    );
  };

  return {
    load: scenario.load,
    async trial(plan, metered) {
      const pids = routerProcesses.map(({ pid }) => pid);
      const before = await runMs(pids);
      const gauge = createCpuGauge();
      const using = [gauge, ...(metered ? meters : [])];
      const { verdict } = await offer(metered ? 'metered' : 'bare', plan, using);
      const calls = (plan.rateCps * (plan.warmupMs + plan.windowMs)) / 1_000;
      return {
        verdict,
        ownCpuMs: gauge.usedMs(),
        routerMsPerCall: ((await runMs(pids)) - before) / calls,
      };
    },
    offer: (label, plan, metered) => offer(label, plan, metered ? meters : []),
    async recover() {
      await load.close();
      const outcome = await target.router.restart(await target.router.currentSettings(), signal);
      if (outcome.state === 'failed') return outcome;
      routerProcesses = outcome.processes;
      return { state: 'applied', restarted: true };
    },
    close,
  };
}

/**
 * First of the meters, so that it starts before them. It is also stopped first, when mpstat and its like still run: what those
 * have used until then is counted with the tree of processes.
 */
function createCpuGauge(): Meter & { usedMs(): number } {
  let fromMs = 0;
  let usedMs = Number.NaN;
  return {
    name: 'gauge',
    async start() {
      fromMs = await ownCpuMs();
    },
    async stop() {
      usedMs = (await ownCpuMs()) - fromMs;
      return { report: {}, faults: [] };
    },
    usedMs: () => usedMs,
  };
}

/** In ticks of 10 ms. Neither the generators nor the router are siptune's cost, though it has started them. */
async function ownCpuMs(): Promise<number> {
  return (await readTreeTicks(process.pid, NOT_METERS)) * MS_PER_TICK;
}

async function runMs(pids: readonly number[]): Promise<number> {
  const texts = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '')),
  );
  return texts.reduce((sum, text) => sum + (parseSchedstat(text)?.runMs ?? Number.NaN), 0);
}

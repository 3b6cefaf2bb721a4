// The lab with Kamailio as it is today, and one trial in it, with the meters or without any.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openTarget } from '../../../src/campaign/open-target.ts';
import { runTrial } from '../../../src/campaign/run-trial.ts';
import type { Verdict } from '../../../src/campaign/verdict.ts';
import { systemClock } from '../../../src/clock.ts';
import { CATALOGUE } from '../../../src/knobs/catalogue.ts';
import type { SteadyPlan } from '../../../src/load/load.ts';
import { createSippLoad } from '../../../src/load/sipp.ts';
import { createMeters } from '../../../src/meters/create-meters.ts';
import type { Meter } from '../../../src/meters/meter.ts';
import { parseSchedstat } from '../../../src/meters/schedstat.ts';
import { formatProblems, loadScenario } from '../../../src/scenario/load-scenario.ts';
import { createLocalHost } from '../../../src/targets/local-host.ts';
import { verifyLoadPath } from '../../../src/targets/verify-address.ts';

export interface Seen {
  readonly verdict: Verdict;
  /** CPU time of siptune and of its children that ended, in the window; the generators are none of them. */
  readonly ownCpuMs: number;
  /** Of the router's processes, per planned call; NaN where the kernel does not tell. */
  readonly routerMsPerCall: number;
}

export interface Bench {
  trial(plan: SteadyPlan, metered: boolean): Promise<Seen>;
  close(): Promise<void>;
}

/** What every kernel grants without lifting a ceiling is too little: the generators' own is asked for, and checked by the load. */
const BUFFER_BYTES = 2 * 1024 * 1024;
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
  const pids = started.processes.map(({ pid }) => pid);
  let n = 0;

  return {
    async trial(plan, metered) {
      n += 1;
      const rawDir = join(folder, String(n));
      await mkdir(rawDir, { recursive: true });
      await verifyLoadPath(target);
      await load.open(rawDir);
      const before = await runMs(pids);
      const gauge = createCpuGauge();
      const { verdict } = await runTrial(
        { n, label: metered ? 'metered' : 'bare', configuration: {}, plan, rawDir },
        {
          ...{ target, load, clock, signal, phone: undefined },
          meters: [gauge, ...(metered ? meters : [])],
          routerProcesses: started.processes,
          objective: scenario.objective,
        },
      );
      const calls = (plan.rateCps * (plan.warmupMs + plan.windowMs)) / 1_000;
      return {
        verdict,
        ownCpuMs: gauge.usedMs(),
        routerMsPerCall: ((await runMs(pids)) - before) / calls,
      };
    },
    close,
  };
}

/** First of the meters, so that it sees what the others cost from their start until their stop, when the window is over. */
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

/** proc(5): utime, stime, and those of the children that were waited for, in ticks of 10 ms. */
async function ownCpuMs(): Promise<number> {
  const { user, system } = process.cpuUsage();
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (user + system) / 1_000 + (Number(fields[13]) + Number(fields[14])) * 10;
}

async function runMs(pids: readonly number[]): Promise<number> {
  const texts = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '')),
  );
  return texts.reduce((sum, text) => sum + (parseSchedstat(text)?.runMs ?? Number.NaN), 0);
}

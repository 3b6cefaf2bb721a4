// CPU and memory of the router's and the generators' processes: by pidusage on this machine, from /proc of another one. The
// means come from the CPU time that each process consumed between the first and the last look; shares serve for the peaks.
import pidusage from 'pidusage';
import type { Clock } from '../clock.ts';
import type { Host } from '../targets/host.ts';
import { lastOf } from './counters.ts';
import type { Meter, MeterReport } from './meter.ts';
import { createRemoteUsage, type ProcConstants } from './remote-usage.ts';
import { createSampledMeter, type Look } from './sampled-meter.ts';

export interface ProcessUsage {
  readonly pid: number;
  readonly role: string;
  /** Of several pairs of generators, from 1. */
  readonly pair?: number;
  /** Since the look before; null in the first look at a process, for which pidusage says 0. */
  readonly cpuPct: number | null;
  /** User and system time since the process began. */
  readonly cpuMs: number;
  readonly ageMs: number;
  readonly rssBytes: number;
}

export type ProcessLooks = readonly [Look<readonly ProcessUsage[]>, ...Look<readonly ProcessUsage[]>[]];

type UsageByPid = Readonly<Record<string, pidusage.Status | null>>;

const ROLES = ['router', 'uac', 'uas', 'ua'] as const;
const BYTES_PER_MIB = 1024 ** 2;
const KIB_PER_MIB = 1024;

/** `machine` is the router's. Generators are processes of this one. */
export function createProcessesMeter(
  machine: Host,
  clock: Clock,
  constants: ProcConstants = { clockTicksPerS: 100, pageBytes: 4096 },
): Meter {
  return createSampledMeter<readonly ProcessUsage[]>({
    name: 'processes',
    clock,
    open({ processes }) {
      const seen = new Set<string>();
      const usageThere = createRemoteUsage(machine, constants);
      let pss: Promise<number | null> | undefined;
      const isThere = (role: string) => role === 'router' && machine.remote;
      return {
        async read() {
          const watched = processes();
          const pidsOf = (there: boolean) =>
            watched.filter(({ role }) => isThere(role) === there).map(({ pid }) => pid);
          const [here, there] = await Promise.all([usageOf(pidsOf(false)), usageThere(pidsOf(true))]);
          return watched.flatMap(({ pid, role, pair }) => {
            const found = (isThere(role) ? there : here)[pid];
            if (!found) return [];
            const known = seen.has(`${role} ${pid}`);
            seen.add(`${role} ${pid}`);
            return {
              pid,
              role,
              ...(pair === undefined ? {} : { pair }),
              cpuPct: known ? found.cpu : null,
              cpuMs: found.ctime,
              ageMs: found.elapsed,
              rssBytes: found.memory,
            };
          });
        },
        ending() {
          const ofRouter = processes().filter(({ role }) => role === 'router');
          pss = readPssMib(
            machine,
            ofRouter.map(({ pid }) => pid),
          );
          pss.catch(() => {});
        },
        async summarise(looks) {
          const pssMib = (await pss) ?? null;
          return { ...processesReport(looks), ...(pssMib === null ? {} : { routerPssMib: pssMib }) };
        },
      };
    },
  });
}

/** Processes that have ended are left out: pidusage rejects only when none of them is left. */
async function usageOf(pids: readonly number[]): Promise<UsageByPid> {
  if (pids.length === 0) return {};
  try {
    return await pidusage([...pids]);
  } catch {
    return {};
  }
}

/** Means, and peaks of single looks, of the processes of each role together; keys only for roles that were seen. */
export function processesReport(looks: ProcessLooks): MeterReport {
  const windowMs = lastOf(looks).atMs - looks[0].atMs;
  const report: Record<string, number> = {};
  for (const role of ROLES) {
    const ofRole = looks.map(({ atMs, sample }) => ({
      atMs,
      sample: sample.filter((one) => one.role === role),
    }));
    const pids = new Set(ofRole.flatMap(({ sample }) => sample.map(({ pid }) => pid)));
    if (pids.size === 0 || windowMs <= 0) continue;
    const meanOf = (pid: number) => (100 * cpuMsInWindow(ofRole, pid, looks[0].atMs)) / windowMs;
    const means = [...pids].map(meanOf);
    report[`${role}CpuPct`] = sum(means);
    for (const [pid, pair] of pairsIn(ofRole)) report[`${role}${pair}CpuPct`] = meanOf(pid);
    report[`${role}CpuPeakPct`] = Math.max(
      ...ofRole.map(({ sample }) => sum(sample.map(({ cpuPct }) => cpuPct ?? 0))),
    );
    if (role !== 'router') continue;
    report.routerBusiestCpuPct = Math.max(...means);
    // Counts shared memory once per process that has touched it: only routerPssMib adds up to what is really in use.
    report.routerRssMib =
      Math.max(...ofRole.map(({ sample }) => sum(sample.map(({ rssBytes }) => rssBytes)))) / BYTES_PER_MIB;
  }
  return report;
}

/** The processes of several pairs, each with its pair. */
function pairsIn(looks: readonly Look<readonly ProcessUsage[]>[]): ReadonlyMap<number, number> {
  return new Map(
    looks.flatMap(({ sample }) =>
      sample.flatMap(({ pid, pair }) => (pair === undefined ? [] : [[pid, pair] as const])),
    ),
  );
}

/** A process that was born in the window began at 0; of one that ended in it, the part up to its last look is known. */
function cpuMsInWindow(
  looks: readonly Look<readonly ProcessUsage[]>[],
  pid: number,
  windowStartMs: number,
): number {
  const seen = looks.flatMap(({ atMs, sample }) => {
    const usage = sample.find((one) => one.pid === pid);
    return usage ? [{ atMs, usage }] : [];
  });
  const first = seen[0];
  const last = seen[seen.length - 1];
  if (!first || !last) return 0;
  const bornInWindow = first.atMs - first.usage.ageMs > windowStartMs;
  return last.usage.cpuMs - (bornInWindow ? 0 : first.usage.cpuMs);
}

/** Proportional set size of all of them; null where the kernel does not tell (before 4.14, or not root). */
async function readPssMib(machine: Host, pids: readonly number[]): Promise<number | null> {
  const texts = await machine.readFiles(pids.map((pid) => `/proc/${pid}/smaps_rollup`));
  const sizes = [...texts.values()].map((text) => parsePssKib(text ?? ''));
  const known = sizes.filter((size) => size !== null);
  return known.length === 0 ? null : sum(known) / KIB_PER_MIB;
}

export function parsePssKib(text: string): number | null {
  const match = /^Pss:\s+(\d+) kB$/m.exec(text);
  return match ? Number(match[1]) : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

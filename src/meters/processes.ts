// CPU and memory of the router's and the generators' processes: by pidusage on this machine, from /proc of another one. The
// means come from the CPU time that each process consumed between the first and the last look; shares serve for the peaks.
import pidusage from 'pidusage';
import type { Clock } from '../clock.ts';
import type { Host } from '../targets/host.ts';
import type { GeneratorMachine } from '../targets/target.ts';
import { lastOf } from './counters.ts';
import type { Meter, MeterContext, MeterReport } from './meter.ts';
import { createRemoteUsage, type ProcConstants } from './remote-usage.ts';
import { createSampledMeter, type Look } from './sampled-meter.ts';

export interface ProcessUsage {
  readonly pid: number;
  readonly role: string;
  /** Of several pairs of generators, from 1. */
  readonly pair?: number;
  /** The label of its machine, where that is another than siptune's. */
  readonly on?: string;
  /** Since the look before; null in the first look at a process, for which pidusage says 0. */
  readonly cpuPct: number | null;
  /** User and system time since the process began. */
  readonly cpuMs: number;
  readonly ageMs: number;
  readonly rssBytes: number;
}

export type ProcessLooks = readonly [Look<readonly ProcessUsage[]>, ...Look<readonly ProcessUsage[]>[]];

type Watched = ReturnType<MeterContext['processes']>[number];
type UsageByPid = Readonly<Record<string, pidusage.Status | null>>;

const ROLES = ['router', 'uac', 'uas', 'ua'] as const;
const BYTES_PER_MIB = 1024 ** 2;
const KIB_PER_MIB = 1024;

/** `machine` is the router's, `others` have generators; those that say nothing else are processes of this one. */
export function createProcessesMeter(
  machine: Host,
  clock: Clock,
  constants: ProcConstants = { clockTicksPerS: 100, pageBytes: 4096 },
  others: readonly Pick<GeneratorMachine, 'host' | 'facts'>[] = [],
): Meter {
  return createSampledMeter<readonly ProcessUsage[]>({
    name: 'processes',
    clock,
    open({ processes }) {
      const seen = new Set<string>();
      const usageAt = new Map([
        [machine.label, createRemoteUsage(machine, constants)],
        ...others.map(({ host, facts }) => [host.label, createRemoteUsage(host, facts)] as const),
      ]);
      let pss: Promise<number | null> | undefined;
      /** undefined: here. */
      const placeOf = ({ role, on }: Watched) =>
        on ?? (role === 'router' && machine.remote ? machine.label : undefined);
      return {
        async read() {
          const watched = processes();
          const pidsAt = (place: string | undefined) =>
            watched.filter((one) => placeOf(one) === place).map(({ pid }) => pid);
          const usage = new Map<string | undefined, UsageByPid>(
            await Promise.all(
              [...new Set(watched.map(placeOf))].map(async (place) => {
                const read = place === undefined ? usageOf : usageAt.get(place);
                return [place, (await read?.(pidsAt(place))) ?? {}] as const;
              }),
            ),
          );
          return watched.flatMap((one) => {
            const { pid, role, pair } = one;
            const found = usage.get(placeOf(one))?.[pid];
            if (!found) return [];
            const key = `${placeOf(one)} ${role} ${pid}`;
            const known = seen.has(key);
            seen.add(key);
            return {
              pid,
              role,
              ...(one.on === undefined ? {} : { on: one.on }),
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
    // One number may be that of two processes, on two machines.
    const ids = new Set(ofRole.flatMap(({ sample }) => sample.map(idOf)));
    if (ids.size === 0 || windowMs <= 0) continue;
    const meanOf = (id: string) => (100 * cpuMsInWindow(ofRole, id, looks[0].atMs)) / windowMs;
    const means = [...ids].map(meanOf);
    report[`${role}CpuPct`] = sum(means);
    for (const [id, pair] of pairsIn(ofRole)) report[`${role}${pair}CpuPct`] = meanOf(id);
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
function pairsIn(looks: readonly Look<readonly ProcessUsage[]>[]): ReadonlyMap<string, number> {
  return new Map(
    looks.flatMap(({ sample }) =>
      sample.flatMap((one) => (one.pair === undefined ? [] : [[idOf(one), one.pair] as const])),
    ),
  );
}

function idOf({ pid, on = '' }: Pick<ProcessUsage, 'pid' | 'on'>): string {
  return `${pid} ${on}`;
}

/** A process that was born in the window began at 0; of one that ended in it, the part up to its last look is known. */
function cpuMsInWindow(
  looks: readonly Look<readonly ProcessUsage[]>[],
  id: string,
  windowStartMs: number,
): number {
  const seen = looks.flatMap(({ atMs, sample }) => {
    const usage = sample.find((one) => idOf(one) === id);
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

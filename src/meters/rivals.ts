// Processes that are neither the router's, nor the generators', nor siptune's own, and that use up CPU time of the router's
// machine or of one with generators: a trial beside them measures both. Two looks at all of /proc/PID/stat, by one cat(1).
import type { Clock } from '../clock.ts';
import type { Host } from '../targets/host.ts';
import { lastOf } from './counters.ts';
import type { Meter, MeterContext, MeterReport } from './meter.ts';
import { createSampledMeter, type Look } from './sampled-meter.ts';

export interface ProcessTicks {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** User and system time since it began. */
  readonly ticks: number;
  /** Since the machine began. */
  readonly bornTicks: number;
  /** CPU on which it ran last. */
  readonly cpu: number;
}

export interface RivalLooks {
  readonly earlier?: ProcessLook | undefined;
  readonly first: Look<ProcessLook>;
  readonly last: Look<ProcessLook>;
}

export interface Rival {
  readonly pid: number;
  readonly name: string;
  readonly cpu: number;
  readonly cpuPct: number;
}

export interface ProcessLook {
  /** Of the machine, in the unit of `bornTicks`. */
  readonly uptimeTicks: number;
  readonly processes: readonly ProcessTicks[];
}

/** Those below it are not worth a line in the record. */
const MIN_CPU_PCT = 20;
/** Most lines in the record. */
const MOST_RIVALS = 3;
/** Shares of shorter times are mostly rounding: a tick is 10 ms. */
const MIN_ELAPSED_MS = 1_000;
/**
 * What was idle before the load came works for the router (a database, say), and belongs to what is measured. A rival was
 * busy for at least this share of its life before, or has hardly begun it.
 */
const BUSY_BEFORE = 0.3;
const HARDLY_BEGUN_S = 2;
/** Between two trials; less is too coarse in ticks. */
const MIN_IDLE_S = 0.5;
/** The receive softirq in a thread of its own, which the mpstat meter counts. */
const SOFTIRQ_THREAD = /^ksoftirqd\//;

type Known = ReturnType<MeterContext['processes']>[number];

/** Of the router's machine, and of siptune's, where that is another and has the generators. */
export const RIVALS = 'rivals';
export const RIVALS_OF_GENERATORS = 'rivals-generators';

/** Of a further machine with generators, from 1. */
export function rivalsOfMachine(index: number): string {
  return `${RIVALS_OF_GENERATORS}-${index}`;
}

/** `isThere` tells those of the trial's processes that run on this machine: process IDs of another mean nothing on it. */
export function createRivalsMeter(
  machine: Host,
  clockTicksPerS: number,
  clock: Clock,
  { name = RIVALS, isThere = () => true }: { name?: string; isThere?: (process: Known) => boolean } = {},
): Meter {
  const ownPids = machine.remote ? [] : [process.pid];
  /** At the end of the trial before. */
  let earlier: ProcessLook | undefined;
  return createSampledMeter<ProcessLook>({
    name,
    // A process for each look: not at the edges of the window, where it would disturb the router that is measured.
    span: 'offer',
    clock,
    open: ({ processes }) => ({
      // Start and stop are enough, and a look costs some milliseconds.
      cheap: () => false,
      async read() {
        // A process that ends in between makes cat complain, and no more.
        const { stdout } = await machine.run(['sh', '-c', 'cat /proc/uptime /proc/[0-9]*/stat 2>/dev/null']);
        const look = parseProcesses(stdout, clockTicksPerS);
        if (look.processes.length === 0)
          throw new Error(`no process is to be seen in /proc on ${machine.label}`);
        return look;
      },
      summarise(looks) {
        const report = rivalsReport(
          { earlier, first: looks[0], last: lastOf(looks) },
          processes().filter(isThere),
          clockTicksPerS,
          ownPids,
        );
        earlier = lastOf(looks).sample;
        return report;
      },
    }),
  });
}

/** proc(5): a name stands in parentheses and may hold anything, also parentheses and line breaks. */
export function parseProcesses(text: string, clockTicksPerS: number): ProcessLook {
  const rows = text.matchAll(/^(\d+) \(([\s\S]*?)\) ([A-Za-z](?: -?\d+){36,})$/gm);
  return {
    uptimeTicks: Number.parseFloat(text) * clockTicksPerS,
    processes: [...rows].map(([, pid, name = '', rest = '']) => {
      const fields = rest.split(' ');
      // Numbered as in proc(5), where the state is the third.
      const field = (n: number) => Number(fields[n - 3]);
      return {
        pid: Number(pid),
        parent: field(4),
        name: name.replace(/[^\w./:@+-]/g, '?'),
        ticks: field(14) + field(15),
        bornTicks: field(22),
        cpu: field(39),
      };
    }),
  };
}

/** "pid N (name) cpu N": its share of a CPU in %, worst first. */
export function rivalsReport(
  { earlier, first, last }: RivalLooks,
  watched: readonly { readonly pid: number; readonly role: string }[],
  clockTicksPerS: number,
  ownPids: readonly number[],
): MeterReport {
  const elapsedMs = last.atMs - first.atMs;
  if (elapsedMs < MIN_ELAPSED_MS) return {};
  const { processes } = last.sample;
  const ours = withDescendants([...ownPids, ...watched.map(({ pid }) => pid)], processes);
  // A router of which not every process is known.
  const routerPids = new Set(watched.filter(({ role }) => role === 'router').map(({ pid }) => pid));
  const routerNames = new Set(processes.filter(({ pid }) => routerPids.has(pid)).map(({ name }) => name));
  const before = new Map(first.sample.processes.map((one) => [one.pid, one]));
  const rivals = processes.flatMap((one): Rival[] => {
    if (ours.has(one.pid) || routerNames.has(one.name) || SOFTIRQ_THREAD.test(one.name)) return [];
    const then = before.get(one.pid);
    if (then && !wasBusy(then, first.sample.uptimeTicks, earlier, clockTicksPerS)) return [];
    const ticks = one.ticks - (then?.ticks ?? 0);
    return [{ ...one, cpuPct: (100 * 1000 * ticks) / clockTicksPerS / elapsedMs }];
  });
  return Object.fromEntries(
    rivals
      .filter(({ cpuPct }) => cpuPct >= MIN_CPU_PCT)
      .sort((a, b) => b.cpuPct - a.cpuPct)
      .slice(0, MOST_RIVALS)
      .map(({ pid, name, cpu, cpuPct }) => [`pid ${pid} (${name}) cpu ${cpu}`, cpuPct]),
  );
}

/** Between two trials there is no load; before the first of them, its whole life has to tell. */
function wasBusy(
  { pid, ticks, bornTicks }: ProcessTicks,
  uptimeTicks: number,
  earlier: ProcessLook | undefined,
  clockTicksPerS: number,
): boolean {
  const then = earlier?.processes.find((one) => one.pid === pid && one.bornTicks === bornTicks);
  const idleTicks = uptimeTicks - (earlier?.uptimeTicks ?? 0);
  if (then && idleTicks >= MIN_IDLE_S * clockTicksPerS)
    return (ticks - then.ticks) / idleTicks >= BUSY_BEFORE;
  const lifeTicks = uptimeTicks - bornTicks;
  return lifeTicks < HARDLY_BEGUN_S * clockTicksPerS || ticks / lifeTicks >= BUSY_BEFORE;
}

function withDescendants(pids: readonly number[], processes: readonly ProcessTicks[]): ReadonlySet<number> {
  const found = new Set(pids);
  // Parents are mostly older than their children, but process IDs begin again at some time.
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const { pid, parent } of processes) if (found.has(parent)) found.add(pid);
  }
  return found;
}

/** As rivalsReport() wrote them, worst first. */
export function rivalsIn(report: MeterReport): readonly Rival[] {
  return Object.entries(report)
    .flatMap(([key, cpuPct]) => {
      const match = /^pid (\d+) \((.*)\) cpu (\d+)$/.exec(key);
      return match ? [{ pid: Number(match[1]), name: match[2] ?? '', cpu: Number(match[3]), cpuPct }] : [];
    })
    .sort((a, b) => b.cpuPct - a.cpuPct);
}

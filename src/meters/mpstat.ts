// mpstat(1): where the CPU time went, per CPU. Windows that end before its first sample, and machines without it, are
// served from /proc/stat, which mpstat itself reads.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Host, RunningCommand } from '../targets/host.ts';
import { lastOf } from './counters.ts';
import type { Meter, MeterReport } from './meter.ts';
import type { CpuTicksByCpu } from './proc-stat.ts';
import { createSampledMeter } from './sampled-meter.ts';
import { readProcStat } from './ticks.ts';

const FIELDS = ['Busy', 'User', 'Sys', 'Soft', 'Steal'] as const;
type CpuLoad = Readonly<Record<(typeof FIELDS)[number], number>> & { readonly cpu: string };

/** No window lasts an hour; an mpstat whose siptune was killed does not outlive it by more. */
const MAX_SAMPLES = '3600';
/** mpstat ends at once on SIGINT; this is for one that is stuck, or far away. */
const END_WAIT_MS = 1000;
const FIRST_SAMPLE_MS = 1000;

export function createMpstatMeter(machine: Host, clock: Clock): Meter {
  return createSampledMeter<CpuTicksByCpu>({
    name: 'mpstat',
    clock,
    open({ rawDir }) {
      const faults: string[] = [];
      const startMs = clock.nowMs();
      // The first look does not wait for it.
      const starting = machine
        .spawn(['mpstat', '-P', 'ALL', '-o', 'JSON', '1', MAX_SAMPLES], { env: { LC_ALL: 'C' } })
        .catch(() => {
          faults.push('mpstat is missing (package sysstat): CPU shares come from /proc/stat instead');
          return null;
        });
      let ended: Promise<string> | undefined;
      return {
        faults,
        read: () => readProcStat(machine),
        ending() {
          const tooShort = clock.nowMs() - startMs < FIRST_SAMPLE_MS;
          ended = starting.then((mpstat) => (mpstat && !tooShort ? end(mpstat, clock) : ''));
        },
        async summarise(looks) {
          const text = (await ended) ?? '';
          await writeFile(join(rawDir, 'mpstat.json'), text);
          const report = mpstatReport(parseMpstat(text));
          return Object.keys(report).length > 0
            ? report
            : procStatReport(looks[0].sample, lastOf(looks).sample);
        },
        close: async () => (await starting)?.kill('SIGKILL'),
      };
    },
  });
}

/** SIGINT, because only then does mpstat complete its JSON. */
async function end(mpstat: RunningCommand, clock: Clock): Promise<string> {
  const giveUp = new AbortController();
  mpstat.kill('SIGINT');
  const late = clock.sleep(END_WAIT_MS, giveUp.signal).then(() => null);
  const result = await Promise.race([mpstat.exited, late]);
  giveUp.abort();
  return result?.stdout ?? '';
}

/** Samples in order, each with one entry per CPU and "all"; [] when mpstat ended before its first sample. */
export function parseMpstat(text: string): readonly (readonly CpuLoad[])[] {
  let document: { sysstat?: { hosts?: { statistics?: { 'cpu-load'?: Record<string, unknown>[] }[] }[] } };
  try {
    document = JSON.parse(text);
  } catch {
    // Interrupted within its first second, mpstat leaves the document open, with nothing in it.
    return [];
  }
  const samples = document.sysstat?.hosts?.[0]?.statistics ?? [];
  return samples.map((sample) =>
    (sample['cpu-load'] ?? []).map((entry) => {
      const pct = (name: string) => Number(entry[name] ?? 0);
      return {
        cpu: String(entry.cpu),
        // Waiting for a disk is idleness to a router.
        Busy: Math.max(0, 100 - pct('idle') - pct('iowait')),
        User: pct('usr') + pct('nice'),
        Sys: pct('sys'),
        Soft: pct('soft'),
        Steal: pct('steal'),
      };
    }),
  );
}

/** Means over the samples. */
export function mpstatReport(samples: readonly (readonly CpuLoad[])[]): MeterReport {
  const report: Record<string, number> = {};
  for (const sample of samples)
    for (const load of sample)
      for (const field of FIELDS) {
        const key = keyOf(load.cpu, field);
        report[key] = (report[key] ?? 0) + load[field] / samples.length;
      }
  return report;
}

/** The same numbers from two looks at /proc/stat. */
export function procStatReport(first: CpuTicksByCpu, last: CpuTicksByCpu): MeterReport {
  const report: Record<string, number> = {};
  for (const [cpu, to] of Object.entries(last)) {
    const from = first[cpu];
    const total = from ? to.total - from.total : 0;
    if (!from || total <= 0) continue;
    const pct = (ticks: number) => (100 * ticks) / total;
    report[keyOf(cpu, 'Busy')] = pct(total - (to.idle - from.idle));
    report[keyOf(cpu, 'User')] = pct(to.user - from.user);
    report[keyOf(cpu, 'Sys')] = pct(to.sys - from.sys);
    report[keyOf(cpu, 'Soft')] = pct(to.softirq - from.softirq);
    report[keyOf(cpu, 'Steal')] = pct(to.steal - from.steal);
  }
  return report;
}

function keyOf(cpu: string, field: (typeof FIELDS)[number]): string {
  return `cpu${cpu === 'all' ? 'All' : cpu}${field}Pct`;
}

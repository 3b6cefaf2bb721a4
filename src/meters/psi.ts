// Pressure stall information: for how long tasks had to wait for CPU, memory or disk. Absent where the kernel lacks PSI.
import type { Clock } from '../clock.ts';
import type { Host } from '../targets/host.ts';
import { increase, lastOf } from './counters.ts';
import type { Meter, MeterReport } from './meter.ts';
import { createSampledMeter } from './sampled-meter.ts';

const RESOURCES = ['cpu', 'memory', 'io'] as const;
const US_PER_MS = 1000;

/** Totals since boot by report key, e.g. `cpuSomeMs`. */
export type Stalls = Readonly<Record<string, number>>;

export function createPsiMeter(machine: Host, clock: Clock): Meter {
  const paths = RESOURCES.map((resource) => `/proc/pressure/${resource}`);
  return createSampledMeter<Stalls>({
    name: 'psi',
    clock,
    open: () => ({
      async read() {
        const texts = await machine.readFiles(paths);
        return Object.assign(
          {},
          ...RESOURCES.map((resource) =>
            parsePressure(resource, texts.get(`/proc/pressure/${resource}`) ?? ''),
          ),
        );
      },
      summarise: (looks) => psiReport(looks[0].sample, lastOf(looks).sample),
    }),
  });
}

/** "some avg10=0.02 avg60=0.28 avg300=0.28 total=15794422": total is in µs. */
export function parsePressure(resource: string, text: string): Stalls {
  const matches = text.matchAll(/^(some|full) .*\btotal=(\d+)/gm);
  return Object.fromEntries(
    [...matches].map(([, kind, total]) => [
      `${resource}${kind === 'some' ? 'Some' : 'Full'}Ms`,
      Number(total) / US_PER_MS,
    ]),
  );
}

export function psiReport(first: Stalls, last: Stalls): MeterReport {
  return Object.fromEntries(
    Object.entries(last).map(([key, total]) => [key, increase(first[key] ?? total, total)]),
  );
}

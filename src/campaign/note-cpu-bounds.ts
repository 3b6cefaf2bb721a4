// Notes, of each configuration, what a call cost the router's CPUs at the highest rate that it carried.
import type { TrialRecord } from './events.ts';
import type { Findings } from './findings.ts';
import type { TestBed } from './test-bed.ts';

/** The same bed; what its trials tell goes into the findings. */
export function notingCpuBounds(bed: TestBed, findings: Pick<Findings, 'cpuBounds'>): TestBed {
  return {
    ...bed,
    async offer(label, plan) {
      const trial = await bed.offer(label, plan);
      note(trial, findings);
      return trial;
    },
  };
}

function note({ label, plan, meters }: TrialRecord, { cpuBounds }: Pick<Findings, 'cpuBounds'>): void {
  const { cpuMsPerCall, fullAtCps } = meters.cpuBound ?? {};
  if (plan.shape !== 'steady' || cpuMsPerCall === undefined || fullAtCps === undefined) return;
  // A light load wakes a worker up for every message, which a heavy one does not: the nearest to capacity counts.
  if ((cpuBounds.get(label)?.rateCps ?? 0) > plan.rateCps) return;
  cpuBounds.set(label, { rateCps: plan.rateCps, cpuMsPerCall, fullAtCps });
}

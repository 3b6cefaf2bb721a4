// Judges a trial from what load and meters saw: carried, overloaded (and by which limiter), or invalid.
// Pure: the same numbers always give the same verdict.
import type { Verdict } from '../campaign/verdict.ts';
import type { LoadReport } from '../load/load.ts';
import type { Objective } from '../scenario/scenario.ts';
import { carriageOf } from './carriage.ts';
import type { TrialEvidence } from './evidence.ts';
import { invalidReason } from './invalid.ts';
import { nameLimiter } from './limiter.ts';
import { queueGrowth } from './queue-growth.ts';

export function judgeTrial(
  evidence: TrialEvidence,
  objective: Objective,
): Exclude<Verdict, { state: 'failed' }> {
  const { plan, load, meters } = evidence;
  const carriage = carriageOf(load);
  const growth = plan.shape === 'steady' ? queueGrowth(plan, load.setupDelaysMs, meters) : null;
  const p99 = carriage.setupMs?.p99 ?? 0;
  const late = p99 > objective.maxP99SetupMs;
  const carried = carriage.loss <= objective.maxLoss && !late && growth === null;
  const invalid = invalidReason(evidence, { carried });
  if (invalid !== null) return { state: 'invalid', reason: invalid };
  if (carried) return { state: 'carried', ...carriage };

  const symptom = [
    carriage.loss > objective.maxLoss
      ? `${carriage.plannedCalls - carriage.goodCalls} of ${carriage.plannedCalls} calls lost or retransmitted${ofParts(load)}`
      : null,
    late ? `p99 setup delay ${p99.toFixed(0)} ms, bound ${objective.maxP99SetupMs} ms` : null,
    growth,
  ]
    .filter((part) => part !== null)
    .join('; ');
  const { limiter, evidence: signal } = nameLimiter(evidence);
  return { state: 'overloaded', limiter, evidence: signal ? `${signal}; ${symptom}` : symptom, ...carriage };
}

/** Whose calls were lost, where a burst came on top of others. */
function ofParts({ parts }: LoadReport): string {
  if (!parts) return '';
  const lost = (part: LoadReport) => {
    const { plannedCalls, goodCalls } = carriageOf(part);
    return `${plannedCalls - goodCalls} of ${plannedCalls}`;
  };
  return ` (of the burst ${lost(parts.burst)}, of the base rate ${lost(parts.base)})`;
}

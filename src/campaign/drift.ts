// The machine of a campaign does not stay the same: `current` is measured again from time to time, in between the candidates, and
// scores count relative to it.
import type { Metric } from '../scenario/scenario.ts';
import { measureInto } from './baseline.ts';
import type { Campaign } from './campaign.ts';
import { combined } from './findings.ts';
import { trialMs } from './measure.ts';

export interface Drift {
  /** How fast the machine is by now, compared with the beginning of the campaign, as far as `current` tells: 1 is as fast. */
  factor(): number;
  /** Measures `current` again when that is due. */
  keep(deadlineMs: number, width: number): Promise<void>;
}

/** Not more often than this, and for no more than this share of the time. */
const LEAST_EVERY_MS = 120_000;
const MOST_TIME_SHARE = 0.1;
const TRIALS = 4;

export function createDrift(campaign: Campaign, metric: Metric): Drift {
  const { clock, findings, bed, signal, scenario } = campaign;
  let lastMs = clock.nowMs();
  let costMs = TRIALS * trialMs(metric, scenario.load);
  let factor = 1;
  return {
    factor: () => factor,
    async keep(deadlineMs, width) {
      const { current } = findings;
      const everyMs = Math.max(LEAST_EVERY_MS, costMs / MOST_TIME_SHARE);
      const beginMs = clock.nowMs();
      if (current === null || signal.aborted || beginMs - lastMs < everyMs) return;
      const first = current.values[metric][0];
      const applied = await bed.apply(current.configuration, 'current again: has the machine changed?');
      if (applied.state === 'applied' && first !== undefined) {
        const before = combined(current.values[metric])?.estimate ?? first.estimate;
        const { limit } = await measureInto(campaign, current, metric, deadlineMs, { width });
        // A difference that may be scatter is none.
        const differs =
          limit.estimate > 0 && first.estimate > 0 && (limit.low > before || limit.high < before);
        factor = differs ? limit.estimate / first.estimate : 1;
      }
      lastMs = clock.nowMs();
      costMs = lastMs - beginMs;
    },
  };
}

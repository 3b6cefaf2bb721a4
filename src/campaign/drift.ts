// The machine of a campaign does not stay the same: `current` is measured again from time to time, in between the candidates, and
// scores count relative to it.
import type { Campaign } from './campaign.ts';
import { known } from './findings.ts';

export interface Drift {
  /** How fast the machine is by now, compared with the beginning of the campaign, as far as `current` tells: 1 is as fast. */
  factor(): number;
  /** Measures `current` again when that is due. */
  keep(deadlineMs: number): Promise<void>;
}

/** Not more often than this, and for no more than this share of the time. */
const LEAST_EVERY_MS = 120_000;
const MOST_TIME_SHARE = 0.1;
const TRIALS = 4;

export function createDrift(campaign: Campaign): Drift {
  const { clock, findings, bed, signal, aim } = campaign;
  const { metric } = aim;
  let lastMs = clock.nowMs();
  let costMs = TRIALS * aim.trialMs;
  let factor = 1;
  return {
    factor: () => factor,
    async keep(deadlineMs) {
      const { current } = findings;
      const everyMs = Math.max(LEAST_EVERY_MS, costMs / MOST_TIME_SHARE);
      const beginMs = clock.nowMs();
      if (current === null || signal.aborted || beginMs - lastMs < everyMs) return;
      const first = current.values[metric][0];
      const applied = await bed.apply(current.configuration, 'current again: has the machine changed?');
      if (applied.state === 'applied' && first !== undefined) {
        const before = known(current, metric)?.estimate ?? first.estimate;
        const now = await aim.measure(campaign, current, deadlineMs, 'coarse');
        // A difference that may be scatter is none.
        const differs = now.estimate > 0 && first.estimate > 0 && (now.low > before || now.high < before);
        factor = differs ? aim.worthOf(now.estimate) / aim.worthOf(first.estimate) : 1;
      }
      lastMs = clock.nowMs();
      costMs = lastMs - beginMs;
    },
  };
}

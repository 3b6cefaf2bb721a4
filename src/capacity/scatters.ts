// How much the limits of trials may scatter on machines like those that siptune runs on, before any trial was seen. A burst is
// over in a moment and meets the machine as it is then, so that its limit scatters more than that of a steady rate.
import type { LimitMetric } from '../scenario/scenario.ts';
import type { BeliefOptions } from './limit-belief.ts';

export const SCATTERS: Readonly<Record<LimitMetric, BeliefOptions['scatters']>> = {
  capacityCps: [
    [0.004, 2],
    [0.01, 3],
    [0.03, 3],
    [0.06, 1],
    [0.12, 0.3],
    [0.25, 0.05],
  ],
  burstCalls: [
    [0.01, 2],
    [0.03, 3],
    [0.06, 3],
    [0.12, 1],
    [0.25, 0.3],
    [0.5, 0.05],
  ],
};

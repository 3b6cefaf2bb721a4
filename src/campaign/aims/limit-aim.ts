// The most that is carried: the burst, or the capacity. What a value is worth is the value.
import type { LimitMetric, LoadSpec } from '../../scenario/scenario.ts';
import type { Campaign } from '../campaign.ts';
import { carries, carriesMostly, trialMs } from '../measure.ts';
import { measureInto, WIDTH } from '../measure-into.ts';
import { limitProof } from '../proof/limit-proof.ts';
import { race, WHY_NOT } from '../race.ts';
import type { Aim, Challenge, Closeness } from './aim.ts';

const WORTH_MEASURING = 1.03;
/** What a candidate is taken for that did not carry again what it had carried, as a share of the best. */
const NOT_AGAIN_SHARE = 0.99;

export function limitAim(metric: LimitMetric, load: LoadSpec): Aim {
  /** The search only has to rank: the proof measures closely. */
  const widths: Readonly<Record<Closeness, number>> = {
    coarse: (metric === 'burstCalls' ? 3 : 4) * WIDTH[metric],
    fair: 2 * WIDTH[metric],
    close: WIDTH[metric],
  };
  const leastOf = (worth: number) => Math.max(worth, WORTH_MEASURING);
  return {
    metric,
    shape: metric === 'burstCalls' ? 'burst' : 'steady',
    trialMs: trialMs(metric, load),
    decidedBy: [],
    worthMeasuring: WORTH_MEASURING,
    worthOf: (value) => value,
    valueFor: (worth) => worth,
    known: () => null,
    perfect: () => null,
    async race(campaign, candidate, toBeat) {
      const least = leastOf(toBeat);
      const { seen, suggested } = await race(campaign, candidate, metric, least);
      const why = seen in WHY_NOT ? `${WHY_NOT[seen as keyof typeof WHY_NOT]} ${Math.round(least)}` : '';
      return { seen, suggested, why };
    },
    measure: async (campaign, measured, deadlineMs, closeness = 'close') =>
      (await measureInto(campaign, measured, metric, deadlineMs, { width: widths[closeness] })).limit,
    measureBetter: (campaign, challenge) =>
      measureBetter(campaign, { ...challenge, toBeat: leastOf(challenge.toBeat) }, metric, widths.coarse),
    safeWorth: ({ estimate }) => (estimate > 0 ? Math.max(1, Math.floor(estimate * (1 - WIDTH[metric]))) : 0),
    isAsGood: async (campaign, { label }, worth) => {
      const context = { ...campaign, load: campaign.scenario.load };
      return (await carriesMostly(label, metric, worth, context)) === 'carried';
    },
    proof: limitProof(metric, load),
  };
}

/** The luckiest measurement is not the best configuration: what a single trial says must be said by a second one. */
async function measureBetter(
  campaign: Campaign,
  { candidate, toBeat, best, deadlineMs }: Challenge,
  metric: LimitMetric,
  width: number,
): Promise<number> {
  const carried = Math.round(toBeat);
  const { limit, evidence } = await measureInto(campaign, candidate, metric, deadlineMs, { carried, width });
  const again = evidence.slice(1).some((trial) => trial.carried && trial.load >= carried);
  if (again || limit.estimate <= best() || campaign.signal.aborted) return limit.estimate;
  const context = { ...campaign, load: campaign.scenario.load };
  if ((await carries(candidate.label, metric, carried, context)) !== 'overloaded') return limit.estimate;
  return Math.min(limit.estimate, best() * NOT_AGAIN_SHARE);
}

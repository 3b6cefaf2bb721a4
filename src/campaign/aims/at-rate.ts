// Trials at the rate that an objective names, and what they say together.
import type { LoadClass } from '../../capacity/search-limit.ts';
import type { LoadSpec, RateMetric } from '../../scenario/scenario.ts';
import { geometricMean } from '../../stats/geometric-mean.ts';
import type { Interval } from '../../stats/interval.ts';
import type { ProofTrial } from '../../store/result.ts';
import type { Campaign } from '../campaign.ts';
import { known, type Measured } from '../findings.ts';
import { trialMs, tryLoad } from '../measure.ts';
import { WHY_NOT } from '../race.ts';
import type { Carriage } from '../verdict.ts';
import type { Closeness, Raced } from './aim.ts';

const CONFIDENCE = 0.95;
export const TRIALS: Readonly<Record<Closeness, number>> = { coarse: 2, fair: 3, close: 4 };
/** What a configuration is taken for of which nothing was seen, as a share of what it was to beat. */
const UNKNOWN_SHARE = 0.7;

interface AtRateOptions {
  readonly metric: RateMetric;
  readonly rateCps: number;
  readonly load: LoadSpec;
  /** It is never more than this. */
  readonly most: number;
  /** It does not scatter. */
  readonly exact?: boolean;
  readonly value: (campaign: Campaign, side: Measured, carriage: Carriage) => number;
}

/** A trial at the rate: its value is there. */
type RateTrial = ProofTrial & { readonly value: number };
type Offered =
  | { readonly state: 'seen'; readonly trial: RateTrial }
  | { readonly state: 'unseen'; readonly seen: LoadClass };

export function atRate({ metric, rateCps, load, most, exact = false, value: valueIn }: AtRateOptions) {
  const oneTrialMs = trialMs('capacityCps', load);

  const offer = async (campaign: Campaign, side: Measured): Promise<Offered> => {
    const context = { ...campaign, load: campaign.scenario.load };
    const { seen, carriage, cost, busyShare } = await tryLoad(side.label, 'capacityCps', rateCps, context);
    if (carriage === null) return { state: 'unseen', seen };
    const value = valueIn(campaign, side, carriage);
    return { state: 'seen', trial: { load: rateCps, carried: seen === 'carried', cost, busyShare, value } };
  };

  /** Fewer when some cannot be judged, or the time is up: one at the least. */
  const offerSome = async (
    campaign: Campaign,
    side: Measured,
    trials: number,
    deadlineMs = Number.POSITIVE_INFINITY,
  ): Promise<readonly RateTrial[]> => {
    const seen: RateTrial[] = [];
    for (let n = 0; n < trials && !campaign.signal.aborted; n += 1) {
      if (n > 0 && campaign.clock.nowMs() + oneTrialMs > deadlineMs) break;
      const offered = await offer(campaign, side);
      if (offered.state === 'unseen') break;
      seen.push(offered.trial);
    }
    return seen;
  };

  const intervalOf = (trials: readonly ProofTrial[]): Interval => {
    const { estimate, low, high } = geometricMean(
      trials.flatMap(({ value }) => value ?? []),
      CONFIDENCE,
    );
    return exact
      ? { estimate, low: estimate, high: estimate }
      : { estimate, low, high: Math.max(estimate, Math.min(high, most)) };
  };

  /** Nothing where nothing was seen. */
  const file = async (
    campaign: Campaign,
    side: Measured,
    trials: readonly ProofTrial[],
    wallMs: number,
  ): Promise<void> => {
    if (trials.length === 0) return;
    const value = intervalOf(trials);
    side.values[metric].push(value);
    const loads = trials.map(({ load: offered, carried }) => ({ load: offered, carried }));
    await campaign.emit({ type: 'measured', label: side.label, metric, value, loads, wallMs });
  };

  /** What was known of it before where nothing was seen now. */
  const measureSome = async (
    campaign: Campaign,
    side: Measured,
    trials: number,
    deadlineMs: number,
  ): Promise<Interval | null> => {
    const startMs = campaign.clock.nowMs();
    const seen = await offerSome(campaign, side, trials, deadlineMs);
    await file(campaign, side, seen, campaign.clock.nowMs() - startMs);
    return seen.length > 0 ? intervalOf(seen) : known(side, metric);
  };

  const unseen = (seen: LoadClass, toBeat: number): Raced => {
    const why = seen in WHY_NOT ? `${WHY_NOT[seen as keyof typeof WHY_NOT]} ${rateCps}` : '';
    return { seen, suggested: toBeat * UNKNOWN_SHARE, why };
  };

  return { trialMs: oneTrialMs, offer, offerSome, intervalOf, file, measureSome, unseen };
}

/** Less is better: what a value is worth is its inverse. */
export function inverse(value: number): number {
  return value > 0 ? 1 / value : 0;
}

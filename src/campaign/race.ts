// A candidate against the best so far: no more trials than it takes to see that it is not better.
import type { LimitMetric, LoadSpec } from '../scenario/scenario.ts';
import type { Raced } from './aims/aim.ts';
import type { Campaign } from './campaign.ts';
import type { Measured } from './findings.ts';
import { carries } from './measure.ts';

/** Why a load was not carried, in words. */
export const WHY_NOT = {
  overloaded: 'does not carry',
  unreachable: 'the generators cannot offer',
  unclear: 'the machine spoilt every trial that would have shown whether it carries',
} as const;

/** A trial that suggests less than this share of the load ends the race; nearer to it, one overload may be bad luck. */
const HOPELESS_SHARE = 0.85;
/**
 * The first look at a steady rate is as short as this, or as two of the bursts in which calls arrive. It may be carried by luck, or by
 * a buffer that is not yet full: what was seen to carry it is measured in whole trials.
 */
const SHORT_WINDOW_MS = 2_000;
const SHORT_WARMUP_MS = 500;
/** What is taken for its limit where nothing could be judged. */
const UNKNOWN_SHARE = 0.7;

export async function race(
  campaign: Campaign,
  candidate: Measured,
  metric: LimitMetric,
  load: number,
): Promise<Pick<Raced, 'seen' | 'suggested'>> {
  const short = shortened(campaign.scenario.load, metric);
  const offer = () => carries(candidate.label, metric, load, { ...campaign, load: short });
  const first = await offer();
  if (first !== 'overloaded') return { seen: first, suggested: load * UNKNOWN_SHARE };
  const suggested = suggestedLimit(campaign, candidate) ?? load * UNKNOWN_SHARE;
  if (suggested < load * HOPELESS_SHARE) return { seen: 'overloaded', suggested };
  const second = await offer();
  // One of each: the third decides.
  const seen = second === 'carried' ? await offer() : second;
  return { seen, suggested: Math.max(suggested, suggestedLimit(campaign, candidate) ?? 0) };
}

/** The same one where it is short already. */
export function shortened(load: LoadSpec, metric: LimitMetric): LoadSpec {
  const everyMs = load.arrivals?.kind === 'bursts' ? load.arrivals.everyMs : 0;
  const windowMs = Math.max(SHORT_WINDOW_MS, 2 * everyMs);
  if (metric === 'burstCalls' || load.windowMs < 2 * windowMs) return load;
  return { ...load, windowMs, warmupMs: Math.min(load.warmupMs, SHORT_WARMUP_MS) };
}

function suggestedLimit({ overloads }: Campaign, { label }: Measured): number | undefined {
  return overloads.get(label)?.[0]?.suggested;
}

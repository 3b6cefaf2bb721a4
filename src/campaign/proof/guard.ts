// What must not fall: once an improvement has been measured, today's is measured in each guarded metric, and the winner is held to it.
import type { LimitFound } from '../../capacity/search-limit.ts';
import type { LimitMetric, Objective } from '../../scenario/scenario.ts';
import type { Interval } from '../../stats/interval.ts';
import type { GuardSeen } from '../../store/result.ts';
import type { Campaign } from '../campaign.ts';
import type { Findings, Measured } from '../findings.ts';
import { carriesMostly, TRIALS_OF_MOST, trialMs } from '../measure.ts';
import { measureInto, WIDTH } from '../measure-into.ts';
import { putInForce } from './rounds.ts';
import { METRIC_WORDS } from './words.ts';

/** All of them, into the findings; why one could not be told, in words, or null. An interruption leaves the others out. */
export async function checkGuards(campaign: Campaign, side: Measured): Promise<string | null> {
  for (const guard of campaign.scenario.objective.guards) {
    const seen = await checkGuard(campaign, side, guard);
    if (seen !== null) campaign.findings.guards.push(seen);
    if (campaign.signal.aborted) return null;
    if (seen === null)
      return `${METRIC_WORDS[guard.metric]} was not found closely enough to see that it does not fall`;
  }
  return null;
}

/** Which of those that were checked did not hold, in words, or null. */
export function brokenGuardText({ guards }: Pick<Findings, 'guards'>): string | null {
  const broken = guards.find(({ held }) => !held);
  return broken ? brokenText(broken) : null;
}

function brokenText({ metric, ratio, measured, mayFall }: GuardSeen): string {
  const fell = measured
    ? `fell to ${(ratio.estimate * 100).toFixed(1)} % of today's`
    : `fell: ${(100 - mayFall * 100).toFixed(0)} % of today's was too much`;
  return `${METRIC_WORDS[metric]} ${fell}; at most ${(mayFall * 100).toFixed(0)} % may be lost`;
}

/**
 * Today's is measured once more, and the finalist is offered the least that it must carry, a few times: that is the question, and
 * it takes less time than its whole answer. With time left the finalist is measured as well, for the number. Null where nothing
 * could be told.
 */
async function checkGuard(
  campaign: Campaign,
  finalist: Measured,
  guard: Objective['guards'][number],
): Promise<GuardSeen | null> {
  const { findings, signal, budget, scenario } = campaign;
  const { metric, mayFall } = guard;
  const { current } = findings;
  if (current === null || signal.aborted) return null;
  await putInForce(campaign, current);
  const askMs = TRIALS_OF_MOST * trialMs(metric, scenario.load);
  const todays = await measureInto(campaign, current, metric, budget.endMs - askMs, { needsBound: true });
  const most = mostOf(todays);
  if (most === 0 || signal.aborted) return null;
  await putInForce(campaign, finalist);
  const least = Math.max(1, Math.ceil(most * (1 - mayFall)));
  const context = { ...campaign, load: scenario.load };
  const seen = await carriesMostly(finalist.label, metric, least, context);
  if ((seen !== 'carried' && seen !== 'overloaded') || signal.aborted) return null;
  const known = seen === 'carried' ? { carried: least } : {};
  const found =
    budget.leftMs() > askMs ? await measureInto(campaign, finalist, metric, budget.endMs, known) : null;
  if (signal.aborted) return null;
  const estimate = found?.limit.estimate ?? 0;
  const held = seen === 'carried';
  const value = held ? Math.max(least, estimate) : Math.max(1, Math.min(least - 1, estimate));
  return { ...guard, held, measured: found?.decided === true, ratio: guardRatio(most, value, metric) };
}

/**
 * What a guard holds the winner to: today's answer where it is known as closely as was asked for, else the least load that today's
 * failed, which is more than it carries. What today's carried says nothing without a load that was too much, unless more
 * cannot be offered to either side. 0: not known.
 */
function mostOf(todays: LimitFound): number {
  const { limit, decided, unreachable } = todays;
  if (decided) return limit.estimate;
  const failed = tooMuch(todays);
  if (failed.length > 0) return Math.min(...failed);
  return unreachable === null ? 0 : limit.estimate;
}

/** The loads of the trials that were overloaded. */
function tooMuch({ evidence }: LimitFound): readonly number[] {
  return evidence.filter(({ carried }) => !carried).map(({ load }) => load);
}

/** A single pair tells nothing of the spread between pairs: its interval is that of the two brackets alone. */
function guardRatio(current: number, winner: number, metric: LimitMetric): Interval {
  const ratio = winner / current;
  return { estimate: ratio, low: ratio / (1 + WIDTH[metric]), high: ratio * (1 + WIDTH[metric]) };
}

// The search: propose → apply → load → measure → judge, until its share of the budget is spent. A candidate that does
// not carry more than the best so far costs a trial or two; only one that does is measured in full.
import type { Metric } from '../scenario/scenario.ts';
import type { Sampler } from '../search/sampler.ts';
import { measureInto, WIDTH } from './baseline.ts';
import type { Campaign } from './campaign.ts';
import { combined, createMeasured, type Measured } from './findings.ts';
import { carries, trialMs } from './measure.ts';

/** A candidate must carry this much more than the best so far to be measured in full. */
const WORTH_MEASURING = 1.03;
/** What the sampler is told of a rejected candidate, as a share of the load that it did not carry. */
const REJECTED_SCORE_SHARE = 0.7;
const WHY_NOT = {
  overloaded: 'does not carry',
  unreachable: 'the generators cannot offer',
  unclear: 'the machine spoilt every trial that would have shown whether it carries',
} as const;
/** What the sampler is told of a candidate that breaks a guard, as a share of its own score. */
const GUARD_BROKEN_SCORE_SHARE = 0.3;
/** The search only has to rank: the proof measures closely. */
const COARSE_WIDTH: Readonly<Record<Metric, number>> = {
  burstCalls: 2 * WIDTH.burstCalls,
  capacityCps: 2 * WIDTH.capacityCps,
};
export const RESTART_MS = 2_000;

export async function searchCandidates(campaign: Campaign, sampler: Sampler): Promise<void> {
  const { bed, findings, scenario, budget, signal } = campaign;
  const metric = scenario.objective.maximise;
  const deadlineMs = budget.deadlineMs('search');
  tellKnown(campaign, sampler);

  for (
    let n = 1;
    !signal.aborted && !budget.tooLate(deadlineMs, RESTART_MS + trialMs(metric, scenario.load));
    n += 1
  ) {
    const proposal = sampler.ask();
    if (proposal === null) return;
    await campaign.emit({ type: 'proposed', candidate: n, ...proposal });
    const candidate = createMeasured(`candidate ${n}`, proposal.configuration);
    const tell = (score: number) => {
      const observation = { configuration: proposal.configuration, score };
      findings.observations.push(observation);
      sampler.tell(observation);
    };

    const applied = await bed.apply(proposal.configuration, `candidate ${n}: ${proposal.from}`);
    if (applied.state === 'failed') {
      await campaign.emit({ type: 'rejected', candidate: n, reason: applied.reason });
      tell(Number.NEGATIVE_INFINITY);
      continue;
    }
    const threshold = Math.max(bestEstimate(campaign, metric), 1) * WORTH_MEASURING;
    const seen = await carriesTwice(campaign, candidate, metric, threshold);
    if (seen === 'stop') return;
    if (seen !== 'carried') {
      const reason = `${WHY_NOT[seen]} ${Math.round(threshold)}`;
      await campaign.emit({ type: 'rejected', candidate: n, reason });
      tell(threshold * REJECTED_SCORE_SHARE);
      continue;
    }
    const first = await measureInto(campaign, candidate, metric, deadlineMs, {
      carried: Math.round(threshold),
      width: COARSE_WIDTH[metric],
    });
    let score = first.limit.estimate;
    // The luckiest measurement is not the best configuration: the mean of two is what the next ones have to beat.
    if (score > bestEstimate(campaign, metric) && !signal.aborted) {
      await measureInto(campaign, candidate, metric, deadlineMs, { width: COARSE_WIDTH[metric] });
      score = combined(candidate.values[metric])?.estimate ?? score;
    }
    const broken = await brokenGuard(campaign, candidate);
    if (broken !== null) {
      await campaign.emit({ type: 'rejected', candidate: n, reason: broken });
      tell(score * GUARD_BROKEN_SCORE_SHARE);
      continue;
    }
    tell(score);
    if (score > bestEstimate(campaign, metric)) {
      findings.best = candidate;
      const value = combined(candidate.values[metric]);
      if (value)
        await campaign.emit({
          type: 'best',
          label: candidate.label,
          configuration: candidate.configuration,
          metric,
          value,
        });
    }
  }
}

/** `current` and the contenders have been measured already: the sampler learns from them, and may start from them. */
function tellKnown({ findings, scenario, prepared }: Campaign, sampler: Sampler): void {
  const inPlay = new Set(prepared.inPlay.map(({ knob }) => knob.name));
  for (const known of [findings.current, ...findings.contenders]) {
    const score = known && combined(known.values[scenario.objective.maximise])?.estimate;
    if (!known || score === undefined || score === null) continue;
    const full = { ...prepared.current, ...known.configuration };
    const configuration = Object.fromEntries(Object.entries(full).filter(([name]) => inPlay.has(name)));
    findings.observations.push({ configuration, score });
    sampler.tell({ configuration, score });
  }
}

/** The best so far, or `current` while nothing beat it. */
function bestEstimate({ findings }: Campaign, metric: Metric): number {
  const reference: Measured | null = findings.best ?? findings.current;
  return combined(reference?.values[metric] ?? [])?.estimate ?? 0;
}

/** One overloaded verdict may be bad luck; a second one is not. */
async function carriesTwice(campaign: Campaign, candidate: Measured, metric: Metric, load: number) {
  const context = { ...campaign, load: campaign.scenario.load };
  const first = await carries(candidate.label, metric, load, context);
  return first === 'overloaded' ? carries(candidate.label, metric, load, context) : first;
}

/** A first look at each guard, at the least that it must carry; the proof measures it properly. Null when all held. */
async function brokenGuard(campaign: Campaign, candidate: Measured): Promise<string | null> {
  for (const { metric, mayFall } of campaign.scenario.objective.guards) {
    const today = combined(campaign.findings.current?.values[metric] ?? [])?.estimate ?? 0;
    const least = today * (1 - mayFall);
    if (least < 1) continue;
    if ((await carriesTwice(campaign, candidate, metric, least)) === 'overloaded')
      return `${metric} fell by more than ${(mayFall * 100).toFixed(0)} %: does not carry ${Math.round(least)}`;
  }
  return null;
}

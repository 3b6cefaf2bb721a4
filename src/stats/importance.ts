// Which knobs mattered, roughly: a campaign tries few configurations, so this ranks and does not measure.
import { sampleRankCorrelation } from 'simple-statistics';
import type { KnobInPlay } from '../knobs/knob.ts';
import { asNumber } from '../knobs/knob-value.ts';
import type { Observation } from '../search/sampler.ts';

const MIN_OBSERVATIONS = 6;

/**
 * Share of each knob in the explained variation of the score: squared rank correlation (Spearman, 1904) of its value with
 * the score, normalised to a sum of 1. Monotone effects only; nothing with fewer than six observations.
 */
export function importanceOf(
  observations: readonly Observation[],
  knobs: readonly KnobInPlay[],
): readonly { readonly knob: string; readonly share: number }[] {
  const usable = observations.filter(({ score }) => Number.isFinite(score));
  if (usable.length < MIN_OBSERVATIONS) return [];
  const scores = usable.map(({ score }) => score);
  const strengths = knobs.map(({ knob }) => {
    const values = usable.map(({ configuration }) => asNumber(configuration[knob.name]) ?? 0);
    const varies = new Set(values).size > 1 && new Set(scores).size > 1;
    const correlation = varies ? sampleRankCorrelation(values, scores) : 0;
    return { knob: knob.name, strength: Number.isFinite(correlation) ? correlation ** 2 : 0 };
  });
  const total = strengths.reduce((sum, { strength }) => sum + strength, 0);
  if (total === 0) return [];
  return strengths
    .map(({ knob, strength }) => ({ knob, share: Math.round((strength / total) * 1000) / 1000 }))
    .sort((a, b) => b.share - a.share);
}

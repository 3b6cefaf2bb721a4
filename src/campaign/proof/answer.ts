// What the rounds say of one challenger against today's, and how the campaign takes it.
import type { Interval } from '../../stats/interval.ts';
import type { Contested, GuardSeen, Result } from '../../store/result.ts';
import type { Aim } from '../aims/aim.ts';
import type { Campaign } from '../campaign.ts';
import type { Findings, Measured } from '../findings.ts';
import { CONFIDENCE, proofMs } from './enough.ts';
import type { Pairs } from './proof-method.ts';
import { pairsOf, type Rounds } from './rounds.ts';

/** What may be wrong in all, two-sided. */
export const ALPHA = 1 - CONFIDENCE;

/** A challenger against today's, in one goal. */
export interface Answer extends Contested {
  readonly aim: Aim;
  readonly side: Measured;
  readonly pairs: Pairs;
  /** Why it is no improvement, whatever the ratio is; null: nothing speaks against it. */
  readonly objection: string | null;
}

/** `share`: of what may be wrong in all, as much as this statement has. */
export function answerOf(
  aim: Aim,
  rounds: Rounds,
  { current, side, share }: { readonly current: Measured; readonly side: Measured; readonly share: number },
): Answer {
  const pairs = pairsOf(rounds, current, side);
  return {
    ...{ aim, side, pairs, objection: aim.proof.objection(pairs) },
    value: sideValue(rounds, side),
    ratio: aim.proof.ratio(pairs, 1 - ALPHA * share),
    count: pairs.length,
    pValue: Math.min(1, aim.proof.pValue(pairs) / share),
  };
}

/** What of it goes into the result. */
export function contestedOf({ value, ratio, count, pValue }: Answer): Contested {
  return { value, ratio, count, pValue };
}

export function comparisonOf(
  { aim, pairs, ratio, count, pValue, value }: Answer,
  {
    todays,
    chosenFrom,
    guards,
  }: { readonly todays: Interval; readonly chosenFrom: number; readonly guards: readonly GuardSeen[] },
): NonNullable<Result['comparison']> {
  return {
    metric: aim.metric,
    ...{ ratio, confidence: CONFIDENCE, pairs: count, pValue },
    ...(chosenFrom > 1 ? { chosenFrom } : {}),
    sides: { current: todays, winner: value },
    trials: pairs.map(([current, winner]) => ({ current, winner })),
    guards,
  };
}

/** What the proof's trials alone say of a side. */
export function sideValue({ sides }: Rounds, side: Measured): Interval {
  return sides.get(side)?.value() ?? { estimate: 0, low: 0, high: 0 };
}

export function notProven(findings: Findings, reason: string): void {
  findings.verdict = 'not-proven';
  findings.reason = reason;
}

export function giveUp({ findings, scenario }: Campaign, missing: string): void {
  const enoughMs = scenario.budgetMs + proofMs(scenario);
  notProven(findings, `${missing}: give it more time, e.g. --budget ${Math.ceil(enoughMs / 60_000)}m`);
}

// The proof: the best meets `current` in fresh trials, interleaved so that drift hits both alike (A B B A …), and the contenders meet
// them as far as there is time. One of these takes the best's place only where the proof says that it is better.
import type { Campaign } from './campaign.ts';
import { worthOf } from './finalist.ts';
import { type Measured, perMetric } from './findings.ts';
import { phoneObjection } from './note-phone.ts';
import {
  ALPHA,
  type Answer,
  answerOf,
  comparisonOf,
  contestedOf,
  giveUp,
  notProven,
  sideValue,
} from './proof/answer.ts';
import { type Contest, measureContest } from './proof/contest.ts';
import { MIN_PAIRS } from './proof/enough.ts';
import { brokenGuardText, checkGuards } from './proof/guard.ts';
import { pairsOf } from './proof/rounds.ts';
import { gainText, rangeText } from './proof/words.ts';

/**
 * Of what may be wrong in all, what the finalist gets where a contender may become the winner instead; the contenders share the rest. One that is held
 * against a finalist that has been proven has all of it again.
 * Source: the fallback procedure of B. L. Wiens, Pharmaceutical Statistics 2(3), 2003.
 */
const FINALIST_SHARE = 0.8;

export async function confirm(campaign: Campaign): Promise<void> {
  const { findings, signal } = campaign;
  const { finalist, current } = findings;
  if (finalist === null || current === null) {
    notProven(findings, 'no configuration that was tried did better than what the system has today');
    return;
  }
  const searched = new Map(
    [finalist, ...findings.contenders].map((side) => [
      side,
      perMetric((metric) => side.values[metric].length),
    ]),
  );
  crown(campaign, finalist, { searched });
  const contest = await measureContest(campaign, { current, finalist, searched });
  if (signal.aborted) return;
  // Without a proof there is nothing to guard.
  const got = contest === null ? 0 : pairsOf(contest.rounds, current, finalist).length;
  if (contest !== null && got >= MIN_PAIRS) await judge(campaign, contest);
  else giveUp(campaign, `only ${got} of the ${MIN_PAIRS} pairs that a proof needs fitted into the budget`);
}

/** It is what the proof is about. What was measured of it before the proof was chosen for its luck. */
function crown({ findings }: Campaign, side: Measured, { searched }: Pick<Contest, 'searched'>): void {
  findings.best = side;
  findings.searched = searched.get(side) ?? findings.searched;
}

async function judge(campaign: Campaign, contest: Contest): Promise<void> {
  const { signal, aim } = campaign;
  const { finalist, contenders, current, rounds } = contest;
  const answer = (side: Measured, share: number) => answerOf(aim, rounds, { current, side, share });
  for (const contender of contenders)
    if (pairsOf(rounds, current, contender).length >= MIN_PAIRS)
      contender.proven = contestedOf(answer(contender, 1));
  const rivals = contenders.filter(
    (one) => one.proven !== null && worthOf(campaign, one) > worthOf(campaign, current),
  );
  const first = answer(finalist, rivals.length === 0 ? 1 : FINALIST_SHARE);
  const shareOfEach = (1 - FINALIST_SHARE) / rivals.length;
  const others = rivals.map((side) => answer(side, shareOfEach));
  const chosen = choose(campaign, contest, first, others);
  if (chosen.side !== finalist) crown(campaign, chosen.side, contest);
  const untold = await checkGuards(campaign, chosen.side);
  if (signal.aborted) return;
  if (untold !== null) return giveUp(campaign, untold);
  announce(campaign, contest, chosen, 1 + rivals.length);
}

/** A contender is chosen only where it is better than today's, and better than a finalist that is as well. */
function choose(
  { aim }: Campaign,
  { rounds, finalist }: Contest,
  first: Answer,
  others: readonly Answer[],
): Answer {
  const beatsFinalist = ({ side }: Answer) =>
    aim.proof.ratio(pairsOf(rounds, finalist, side), 1 - ALPHA / others.length).low > 1;
  return others
    .filter((other) => isBetter(other) && (!isBetter(first) || beatsFinalist(other)))
    .reduce(
      (best, other) => (best === first || other.ratio.estimate > best.ratio.estimate ? other : best),
      first,
    );
}

function isBetter({ ratio, objection }: Answer): boolean {
  return ratio.low > 1 && objection === null;
}

function announce(
  { findings }: Campaign,
  { rounds, current }: Contest,
  answer: Answer,
  chosenFrom: number,
): void {
  const { aim, side, ratio, count, objection } = answer;
  const todays = sideValue(rounds, current);
  findings.comparison = comparisonOf(answer, { todays, chosenFrom, guards: findings.guards });
  // A phone takes part in steady trials only: those of the guards count as well.
  const against = brokenGuardText(findings) ?? objection ?? phoneObjection(findings, current, side);
  findings.verdict = ratio.low > 1 && against === null ? 'improved' : 'not-proven';
  findings.reason =
    against ??
    (ratio.low > 1
      ? `${gainText(aim.metric, ratio)} (95 % interval ${rangeText(ratio)}, ${count} pairs)`
      : `the ratio's 95 % interval, ${rangeText(ratio)}, does not lie above 1`);
}

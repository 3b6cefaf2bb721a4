// The proof of a front: for each goal in turn, `current` and all of the front meet in fresh interleaved rounds. What is said of all of
// them holds together, so that whichever is chosen, it is no luck.
import type { Aim } from '../aims/aim.ts';
import type { Campaign } from '../campaign.ts';
import { type Measured, perMetric } from '../findings.ts';
import { phoneObjection } from '../note-phone.ts';
import {
  type Answer,
  answerOf,
  comparisonOf,
  contestedOf,
  giveUp,
  notProven,
  sideValue,
} from '../proof/answer.ts';
import { guardsMs, isSettled, MAX_PAIRS, MIN_PAIRS, roundMs } from '../proof/enough.ts';
import { brokenGuardText, checkGuards } from '../proof/guard.ts';
import { hasFailed, measureRounds, pairsOf, type Rounds } from '../proof/rounds.ts';
import { gainText, rangeText } from '../proof/words.ts';

/** More would take more time than anybody has. */
const MOST_MEMBERS = 4;

interface Proven {
  readonly aim: Aim;
  readonly rounds: Rounds;
}

export async function proveFront(campaign: Campaign): Promise<void> {
  const { findings, aims, budget, clock, signal, scenario } = campaign;
  const { current } = findings;
  const members = findings.front.filter((one) => one !== current).slice(0, MOST_MEMBERS);
  if (current === null || members.length === 0) {
    notProven(
      findings,
      'no configuration that was tried did better in any goal than what the system has today',
    );
    return;
  }
  const searched = new Map(members.map((side) => [side, perMetric((metric) => side.values[metric].length)]));
  const proven: Proven[] = [];
  for (const [index, aim] of aims.entries()) {
    const leftMs = budget.deadlineMs('confirm') - guardsMs(scenario.objective, scenario.load) - clock.nowMs();
    const endMs = clock.nowMs() + leftMs / (aims.length - index);
    proven.push({ aim, rounds: await measureGoal(campaign, aim, { current, members, endMs }) });
    if (signal.aborted) return;
  }
  const answers = new Map(
    members.map((member) => [member, gainsOf(proven, { current, member, members: members.length })]),
  );
  for (const [member, gains] of answers)
    findings.frontProof.set(
      member,
      Object.fromEntries(gains.map((gain) => [gain.aim.metric, contestedOf(gain)])),
    );
  const few = [...answers.values()].every((gains) => gains.length < aims.length);
  if (few)
    return giveUp(campaign, `not every goal had the ${MIN_PAIRS} rounds that a proof needs in the budget`);
  findings.front = undominated(findings.front, answers, aims.length);
  const isFine = (member: Measured) => phoneObjection(findings, current, member) === null;
  const chosen = choose(
    [...answers].filter(([member]) => isFine(member)),
    aims.length,
  );
  if (chosen === null) {
    notProven(
      findings,
      'no configuration of the front is better in one goal beyond doubt, and worse in none',
    );
    return;
  }
  findings.best = chosen;
  findings.searched = searched.get(chosen) ?? findings.searched;
  const untold = await checkGuards(campaign, chosen);
  if (signal.aborted) return;
  if (untold !== null) return giveUp(campaign, untold);
  announce(campaign, proven, { current, gains: answers.get(chosen) ?? [], members: members.length });
}

async function measureGoal(
  campaign: Campaign,
  aim: Aim,
  {
    current,
    members,
    endMs,
  }: { readonly current: Measured; readonly members: readonly Measured[]; readonly endMs: number },
): Promise<Rounds> {
  const { budget, clock, signal } = campaign;
  const startMs = clock.nowMs();
  const leftIn = (soFar: Rounds) => members.filter((member) => !hasFailed(soFar, member));
  const rounds = await measureRounds(campaign, {
    ...{ method: aim.proof, current, essential: [current] },
    challengers: leftIn,
    goOn: (soFar, lastRoundMs) => {
      const left = leftIn(soFar);
      if (left.length === 0) return false;
      const got = Math.min(...left.map((member) => pairsOf(soFar, current, member).length));
      const isEnough =
        clock.nowMs() + lastRoundMs > endMs ||
        left.every((member) => isSettled(aim.proof, pairsOf(soFar, current, member)));
      if (soFar.rounds.length >= MAX_PAIRS || (got >= MIN_PAIRS && isEnough)) return false;
      return budget.leftMs() >= (lastRoundMs || roundMs(aim.proof, members.length));
    },
    whileInForce: async () => {},
  });
  if (!signal.aborted) for (const side of rounds.sides.values()) await side.file(clock.nowMs() - startMs);
  return rounds;
}

/** Of those goals of which there are enough pairs. */
function gainsOf(
  proven: readonly Proven[],
  {
    current,
    member,
    members,
  }: { readonly current: Measured; readonly member: Measured; readonly members: number },
): readonly Answer[] {
  // Bonferroni, over all members and goals.
  const share = 1 / (members * proven.length);
  return proven
    .filter(({ rounds }) => pairsOf(rounds, current, member).length >= MIN_PAIRS)
    .map(({ aim, rounds }) => answerOf(aim, rounds, { current, side: member, share }));
}

/** What the proof shows to be worse in each goal than another one is none of the front any more. */
function undominated(
  front: readonly Measured[],
  answers: ReadonlyMap<Measured, readonly Answer[]>,
  goals: number,
): readonly Measured[] {
  // Today's is as good as itself.
  const ratiosOf = (one: Measured) =>
    answers.get(one)?.map(({ ratio }) => ratio.estimate) ?? Array.from({ length: goals }, () => 1);
  const whole = front.filter((one) => ratiosOf(one).length === goals);
  const isWorse = (one: Measured, other: Measured) =>
    other !== one && ratiosOf(one).every((ratio, goal) => ratio < (ratiosOf(other)[goal] ?? 0));
  return front.filter((one) => !whole.includes(one) || !whole.some((other) => isWorse(one, other)));
}

/** Better in a goal and worse in none, beyond doubt; of several the one with the most gained in all. */
function choose(
  answers: readonly (readonly [Measured, readonly Answer[]])[],
  goals: number,
): Measured | null {
  const better = answers.filter(
    ([, gains]) =>
      gains.length === goals &&
      gains.some(({ ratio }) => ratio.low > 1) &&
      gains.every(({ ratio, objection }) => ratio.high >= 1 && objection === null),
  );
  const total = (gains: readonly Answer[]) =>
    gains.reduce((product, { ratio }) => product * ratio.estimate, 1);
  const [best] = better.sort(([, a], [, b]) => total(b) - total(a));
  return best?.[0] ?? null;
}

function announce(
  { findings }: Campaign,
  proven: readonly Proven[],
  {
    current,
    gains,
    members,
  }: { readonly current: Measured; readonly gains: readonly Answer[]; readonly members: number },
): void {
  const gain = gains.find(({ ratio }) => ratio.low > 1);
  const rounds = proven.find(({ aim }) => aim === gain?.aim)?.rounds;
  if (gain === undefined || rounds === undefined) return;
  const todays = sideValue(rounds, current);
  findings.comparison = comparisonOf(gain, { todays, chosenFrom: members, guards: findings.guards });
  const broken = brokenGuardText(findings);
  if (broken !== null) {
    notProven(findings, broken);
    return;
  }
  findings.verdict = 'improved';
  findings.reason = gains
    .map(({ aim, ratio }) => `${gainText(aim.metric, ratio)} (95 % interval ${rangeText(ratio)})`)
    .join(', and ');
}

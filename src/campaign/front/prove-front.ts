// The proof of a front: for each goal in turn, `current` and all of the front meet in fresh interleaved rounds. What is said of all of
// them holds together, so that whichever is chosen, it is no luck.
import type { Contested } from '../../store/result.ts';
import type { Aim } from '../aims/aim.ts';
import type { Campaign } from '../campaign.ts';
import { giveUp, sideValue } from '../confirm.ts';
import { type Measured, perMetric } from '../findings.ts';
import { phoneObjection } from '../note-phone.ts';
import { CONFIDENCE, isSettled, MAX_PAIRS, MIN_PAIRS, roundMs } from '../proof/enough.ts';
import { hasFailed, measureRounds, pairsOf, type Rounds } from '../proof/rounds.ts';
import { gainText, rangeText } from '../proof/words.ts';

/** More would take more time than anybody has. */
const MOST_MEMBERS = 4;

interface Proven {
  readonly aim: Aim;
  readonly rounds: Rounds;
}

/** A member against today's, in one goal. */
interface Gain extends Contested {
  readonly aim: Aim;
  readonly objection: string | null;
}

export async function proveFront(campaign: Campaign): Promise<void> {
  const { findings, aims, budget, clock, signal } = campaign;
  const { current } = findings;
  const members = findings.front.filter((one) => one !== current).slice(0, MOST_MEMBERS);
  if (current === null || members.length === 0) {
    findings.verdict = 'not-proven';
    findings.reason = 'no configuration that was tried did better in any goal than what the system has today';
    return;
  }
  const searched = new Map(members.map((side) => [side, perMetric((metric) => side.values[metric].length)]));
  const proven: Proven[] = [];
  for (const [index, aim] of aims.entries()) {
    const leftMs = budget.deadlineMs('confirm') - clock.nowMs();
    const endMs = clock.nowMs() + leftMs / (aims.length - index);
    proven.push({ aim, rounds: await measureGoal(campaign, aim, { current, members, endMs }) });
    if (signal.aborted) return;
  }
  const answers = new Map(
    members.map((member) => {
      const against = phoneObjection(findings, current, member);
      return [member, gainsOf(proven, { current, member, members: members.length, against })];
    }),
  );
  for (const [member, gains] of answers)
    findings.frontProof.set(
      member,
      Object.fromEntries(
        gains.map(({ aim, value, ratio, count, pValue }) => [aim.metric, { value, ratio, count, pValue }]),
      ),
    );
  const few = [...answers.values()].every((gains) => gains.length < aims.length);
  if (few)
    return giveUp(campaign, `not every goal had the ${MIN_PAIRS} rounds that a proof needs in the budget`);
  findings.front = undominated(findings.front, answers, aims.length);
  const chosen = choose(answers, aims.length);
  if (chosen === null) {
    findings.verdict = 'not-proven';
    findings.reason = 'no configuration of the front is better in one goal beyond doubt, and worse in none';
    return;
  }
  findings.best = chosen;
  findings.searched = searched.get(chosen) ?? findings.searched;
  announce(campaign, proven, { current, chosen, gains: answers.get(chosen) ?? [], members: members.length });
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
  const rounds = await measureRounds(campaign, {
    ...{ method: aim.proof, current, essential: [current] },
    challengers: (soFar) => members.filter((member) => !hasFailed(soFar, member)),
    goOn: (soFar, lastRoundMs) => {
      const left = members.filter((member) => !hasFailed(soFar, member));
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
    against,
  }: {
    readonly current: Measured;
    readonly member: Measured;
    readonly members: number;
    /** Of the member itself, whatever the goal. */
    readonly against: string | null;
  },
): readonly Gain[] {
  // Bonferroni, over all members and goals.
  const statements = members * proven.length;
  const confidence = 1 - (1 - CONFIDENCE) / statements;
  return proven.flatMap(({ aim, rounds }) => {
    const pairs = pairsOf(rounds, current, member);
    if (pairs.length < MIN_PAIRS) return [];
    return [
      {
        ...{ aim, objection: against ?? aim.proof.objection(pairs), count: pairs.length },
        value: sideValue(rounds, member),
        ratio: aim.proof.ratio(pairs, confidence),
        pValue: Math.min(1, aim.proof.pValue(pairs) * statements),
      },
    ];
  });
}

/** What the proof shows to be worse in each goal than another one is none of the front any more. */
function undominated(
  front: readonly Measured[],
  answers: ReadonlyMap<Measured, readonly Gain[]>,
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
function choose(answers: ReadonlyMap<Measured, readonly Gain[]>, goals: number): Measured | null {
  const better = [...answers].filter(
    ([, gains]) =>
      gains.length === goals &&
      gains.some(({ ratio }) => ratio.low > 1) &&
      gains.every(({ ratio, objection }) => ratio.high >= 1 && objection === null),
  );
  const total = (gains: readonly Gain[]) => gains.reduce((product, { ratio }) => product * ratio.estimate, 1);
  const [best] = better.sort(([, a], [, b]) => total(b) - total(a));
  return best?.[0] ?? null;
}

function announce(
  { findings }: Campaign,
  proven: readonly Proven[],
  {
    current,
    chosen,
    gains,
    members,
  }: {
    readonly current: Measured;
    readonly chosen: Measured;
    readonly gains: readonly Gain[];
    readonly members: number;
  },
): void {
  const gain = gains.find(({ ratio }) => ratio.low > 1);
  const rounds = proven.find(({ aim }) => aim === gain?.aim)?.rounds;
  if (gain === undefined || rounds === undefined) return;
  findings.comparison = {
    ...{
      metric: gain.aim.metric,
      ratio: gain.ratio,
      confidence: CONFIDENCE,
      pairs: gain.count,
      pValue: gain.pValue,
    },
    ...(members > 1 ? { chosenFrom: members } : {}),
    sides: { current: sideValue(rounds, current), winner: gain.value },
    trials: pairsOf(rounds, current, chosen).map(([todays, winner]) => ({ current: todays, winner })),
    guards: [],
  };
  findings.verdict = 'improved';
  findings.reason = gains
    .map(({ aim, ratio }) => `${gainText(aim.metric, ratio)} (95 % interval ${rangeText(ratio)})`)
    .join(', and ');
}

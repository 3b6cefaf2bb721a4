// Today's, the finalist and the contenders in the rounds of the proof: who takes part, and when there have been enough.

import { emitNetperf } from '../baseline.ts';
import type { Campaign } from '../campaign.ts';
import { worthOf } from '../finalist.ts';
import type { Findings, Measured } from '../findings.ts';
import { CONFIDENCE, guardsMs, isSettled, MAX_PAIRS, MIN_PAIRS, RESTART_MS, roundMs } from './enough.ts';
import { hasFailed, measureRounds, pairsOf, type Rounds } from './rounds.ts';

/** What the proof saw of today's, the finalist and the contenders that took part. */
export interface Contest {
  readonly rounds: Rounds;
  readonly current: Measured;
  readonly finalist: Measured;
  readonly contenders: readonly Measured[];
  /** How many values of each are from before. */
  readonly searched: ReadonlyMap<Measured, Findings['searched']>;
}

export async function measureContest(
  campaign: Campaign,
  sides: Pick<Contest, 'current' | 'finalist' | 'searched'>,
): Promise<Contest | null> {
  const { current, finalist } = sides;
  const { findings, clock, signal, budget, scenario, aim } = campaign;
  const guardMs = guardsMs(scenario.objective, scenario.load);
  const endMs = budget.deadlineMs('confirm') - guardMs;
  const contenders = contendersFor(campaign, finalist, endMs);
  const contest = (rounds: Rounds): Contest => ({ ...sides, rounds, contenders });
  const startMs = clock.nowMs();
  const rounds = await measureRounds(campaign, {
    ...{ method: aim.proof, current, essential: [current, finalist] },
    challengers: (soFar) => stillIn(campaign, contest(soFar)),
    goOn: (soFar, lastRoundMs) => {
      if (soFar.rounds.length >= MAX_PAIRS) return false;
      const got = pairsOf(soFar, current, finalist).length;
      if (got >= MIN_PAIRS && (clock.nowMs() + lastRoundMs > endMs || isDecided(campaign, contest(soFar))))
        return false;
      // A budget that is spent is spent, also where the pairs are too few then.
      return soFar.rounds.length < 1 || budget.leftMs() >= lastRoundMs + (got < MIN_PAIRS ? 0 : guardMs);
    },
    whileInForce: async (side) => {
      if (side !== finalist || findings.netperfWinner !== null) return;
      findings.netperfWinner = await campaign.bed.netperf();
      await emitNetperf(campaign, 'winner');
    },
  });
  if (signal.aborted || rounds.rounds.length === 0) return null;
  for (const side of rounds.sides.values()) await side.file(clock.nowMs() - startMs);
  return contest(rounds);
}

/** Those of which something is known, as many as have time for their pairs. */
function contendersFor(
  { findings, clock, aim }: Campaign,
  finalist: Measured,
  endMs: number,
): readonly Measured[] {
  const spareMs = endMs - clock.nowMs() - MIN_PAIRS * roundMs(aim.proof, 1);
  const room = Math.max(0, Math.floor(spareMs / (MIN_PAIRS * (aim.proof.blockMs + RESTART_MS))));
  const same = JSON.stringify(finalist.configuration);
  return findings.contenders
    .filter((one) => one !== finalist && JSON.stringify(one.configuration) !== same)
    .filter((one) => worthOf({ aim }, one) > 0)
    .slice(0, room);
}

/** Contenders of which nothing is seen cost no more time, nor do those that the finalist leaves behind once they have their pairs. */
function stillIn(campaign: Campaign, contest: Contest): readonly Measured[] {
  const { rounds, current, finalist, contenders } = contest;
  const hasEnough = pairsOf(rounds, current, finalist).length >= MIN_PAIRS;
  const others = contenders.filter((one) => !hasFailed(rounds, one));
  return [finalist, ...others.filter((one) => !hasEnough || !isBehind(campaign, contest, one))];
}

function isBehind({ aim }: Campaign, { rounds, finalist }: Contest, contender: Measured): boolean {
  const pairs = pairsOf(rounds, finalist, contender);
  return pairs.length >= MIN_PAIRS && aim.proof.ratio(pairs, CONFIDENCE).estimate <= 1;
}

/** One round more would not change what is said of the finalist and of what may take its place. */
function isDecided(campaign: Campaign, contest: Contest): boolean {
  return stillIn(campaign, contest).every((side) => {
    const pairs = pairsOf(contest.rounds, contest.current, side);
    return isSettled(campaign.aim.proof, pairs);
  });
}

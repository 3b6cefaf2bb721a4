// Fresh trials of `current` and of all that challenge it in turn (A B C, C B A, …), a few of each at a time, so that drift hits all
// alike.
import type { Sides } from '../../stats/permutation.ts';
import type { Campaign } from '../campaign.ts';
import type { Measured } from '../findings.ts';
import { MeasurementFailed } from '../measure.ts';
import type { Block, Pairs, ProofMethod, ProofSide } from './proof-method.ts';

/** A turn of each side. */
export type Round = ReadonlyMap<Measured, Block>;

export interface Rounds {
  readonly rounds: readonly Round[];
  readonly sides: ReadonlyMap<Measured, ProofSide>;
}

export interface RoundsOptions {
  readonly method: ProofMethod;
  readonly current: Measured;
  /** Who is in the next round. */
  readonly challengers: (rounds: Rounds) => readonly Measured[];
  /** Without these it makes no sense to go on. The others may fail, and then have an empty turn. */
  readonly essential: readonly Measured[];
  /** Whether another round is wanted, after those that there are. */
  readonly goOn: (rounds: Rounds, lastRoundMs: number) => boolean;
  /** After each side of the first round, while it is in force. */
  readonly whileInForce: (side: Measured) => Promise<void>;
}

/** Ends with the rounds that are whole when the campaign is interrupted. */
export async function measureRounds(campaign: Campaign, options: RoundsOptions): Promise<Rounds> {
  const { method, current } = options;
  const { clock, signal } = campaign;
  const sides = new Map<Measured, ProofSide>();
  const rounds: Round[] = [];
  const all: Rounds = { rounds, sides };
  let lastRoundMs = 0;
  while (!signal.aborted && options.goOn(all, lastRoundMs)) {
    const startMs = clock.nowMs();
    const round = new Map<Measured, Block>();
    const order = [current, ...options.challengers(all)];
    for (const side of rounds.length % 2 === 0 ? order : order.toReversed()) {
      const opened = sides.get(side) ?? method.open(campaign, side);
      sides.set(side, opened);
      const problem = await problemInForce(campaign, side);
      if (problem !== null && options.essential.includes(side)) throw new MeasurementFailed(problem);
      if (problem !== null) await campaign.emit({ type: 'warning', message: problem });
      round.set(side, problem === null ? await opened.measureBlock() : []);
      if (signal.aborted) return all;
      if (rounds.length === 0) await options.whileInForce(side);
    }
    // Nothing is left to try on any side.
    if ([...round.values()].every((block) => block.length === 0)) return all;
    rounds.push(round);
    lastRoundMs = clock.nowMs() - startMs;
  }
  return all;
}

/**
 * `current` and one challenger, by round. From a round in which nothing was seen of one of them nothing follows for their ratio:
 * another one takes its place.
 */
export function pairsOf({ rounds }: Rounds, current: Measured, challenger: Measured): Pairs {
  return rounds
    .map((round): Sides<Block> => [round.get(current) ?? [], round.get(challenger) ?? []])
    .filter((sides) => sides.every((block) => block.length > 0));
}

/** Whether it had a turn of which nothing was seen. */
export function hasFailed({ rounds }: Rounds, side: Measured): boolean {
  return rounds.some((round) => round.get(side)?.length === 0);
}

export async function putInForce(campaign: Campaign, side: Measured): Promise<void> {
  const problem = await problemInForce(campaign, side);
  if (problem !== null) throw new MeasurementFailed(problem);
}

/** Puts a side in force; why that failed, or null. */
async function problemInForce({ bed }: Campaign, side: Measured): Promise<string | null> {
  const applied = await bed.apply(side.configuration, `proof: ${side.label}`);
  return applied.state === 'failed'
    ? `${side.label} could not be put in force for the proof: ${applied.reason}`
    : null;
}

// How one metric is proven: what a side's turn is, and what pairs of turns say. rounds.ts sees to the turns.
import type { Interval } from '../../stats/interval.ts';
import type { Sides } from '../../stats/permutation.ts';
import type { ProofTrial } from '../../store/result.ts';
import type { Campaign } from '../campaign.ts';
import type { Measured } from '../findings.ts';

/** One side's trials of one round, in their order. */
export type Block = readonly ProofTrial[];
export type Pairs = readonly Sides<Block>[];

/** All that is measured of one side, and nothing from before the proof. */
export interface ProofSide {
  /** One turn, with the side in force. Empty where nothing could be seen. */
  measureBlock(): Promise<Block>;
  /** What its turns say together. */
  readonly value: () => Interval;
  /** Files that, and says so. */
  file(wallMs: number): Promise<void>;
}

export interface ProofMethod {
  /** About how long one turn takes, ms, without putting the side in force. */
  readonly blockMs: number;
  open(campaign: Campaign, side: Measured): ProofSide;
  /** How many times as good as `current` the other side is, with this confidence. */
  ratio(pairs: Pairs, confidence: number): Interval;
  /** How often luck alone would make the other side look this good, one-sided. */
  pValue(pairs: Pairs): number;
  /** Why the other side is no improvement whatever the ratio is, in words; null: nothing speaks against it. */
  objection(pairs: Pairs): string | null;
}

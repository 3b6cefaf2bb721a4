// The proof of a value that each trial shows: at a given rate both sides have some trials in turn, and pairs of turns give the ratio.
import { logAverage, mean } from 'simple-statistics';
import type { Interval } from '../../stats/interval.ts';
import { type Pair, pairedRatio } from '../../stats/paired-ratio.ts';
import { type Sides, swapPValue } from '../../stats/permutation.ts';
import type { ProofTrial } from '../../store/result.ts';
import type { Campaign } from '../campaign.ts';
import type { Measured } from '../findings.ts';
import type { Block, Pairs, ProofMethod } from './proof-method.ts';

/** A turn of its own for each trial: what scatters between turns is what the interval is made of. */
const TRIALS_A_BLOCK = 1;

interface ValueProofOptions {
  readonly trialMs: number;
  /** So many trials with the side in force, fewer when some cannot be judged. */
  readonly offer: (campaign: Campaign, side: Measured, trials: number) => Promise<Block>;
  readonly value: (trials: Block) => Interval;
  readonly file: (campaign: Campaign, side: Measured, trials: Block, wallMs: number) => Promise<void>;
  readonly objection?: ProofMethod['objection'];
}

/** Of values of which less is better. */
export function valueProof({
  trialMs,
  offer,
  value,
  file,
  objection = () => null,
}: ValueProofOptions): ProofMethod {
  return {
    blockMs: TRIALS_A_BLOCK * trialMs,
    open(campaign, side) {
      const seen: ProofTrial[] = [];
      return {
        async measureBlock() {
          const block = await offer(campaign, side, TRIALS_A_BLOCK);
          seen.push(...block);
          return block;
        },
        value: () => value(seen),
        file: (wallMs) => file(campaign, side, seen, wallMs),
      };
    },
    ratio: (pairs, confidence) => pairedRatio(pairs.map(goodness), confidence),
    pValue: pValueOfValues,
    objection,
  };
}

/** How good each side is: less is better. */
function goodness([current, other]: Sides<Block>): Pair {
  return [1 / meanOf(current), 1 / meanOf(other)];
}

function meanOf(block: Block): number {
  return logAverage(block.flatMap(({ value }) => value ?? []));
}

/** Source: the permutation test of a mean of log ratios, see swapPValue. */
function pValueOfValues(pairs: Pairs): number {
  const logs = pairs
    .map(goodness)
    .map(([current, other]): Sides<number> => [Math.log(current), Math.log(other)]);
  return swapPValue(logs, (all) => mean(all.map(([current, other]) => other - current)));
}

// The least memory with which a given rate is carried: what router and queues may take is known of every configuration, so that
// trials only have to tell whether it carries the rate.
import { MEMORY_KNOBS, memoryMib } from '../../knobs/constraints.ts';
import type { LoadSpec } from '../../scenario/scenario.ts';
import type { Campaign } from '../campaign.ts';
import type { Measured } from '../findings.ts';
import type { Block, Pairs } from '../proof/proof-method.ts';
import { valueProof } from '../proof/value-proof.ts';
import type { Aim, Raced } from './aim.ts';
import { atRate, inverse, TRIALS } from './at-rate.ts';

/** What does not save so much is not worth a trial. */
const WORTH_MEASURING = 1.02;
/** A setting is needed when more than this is taken without it. */
const TOLERANCE = 0.02;
/** What is told of a configuration that does not carry the rate, as a share of what it was to beat: it is too small. */
const TOO_SMALL_SHARE = 0.3;
/** In so many trials of the proof one may be lost to bad luck. */
const ONE_LOST_IN = 12;

export function memoryAim(rateCps: number, load: LoadSpec): Aim {
  // What a configuration does not name is as it is today.
  const memoryOf = ({ prepared }: Campaign, { configuration }: Pick<Measured, 'configuration'>) =>
    memoryMib({ ...prepared.current, ...configuration }, prepared.constraintFacts);
  const trials = atRate({
    ...{ metric: 'memoryMib', rateCps, load, most: Number.MAX_SAFE_INTEGER, exact: true },
    value: memoryOf,
  });
  /** One overloaded verdict may be bad luck; a second one is not. */
  const carriesRate = async (campaign: Campaign, side: Measured, most: number): Promise<boolean> => {
    const seen = await trials.offerSome(campaign, side, most);
    return seen.length > 0 && seen.every(({ carried }) => carried);
  };
  return {
    metric: 'memoryMib',
    shape: 'steady',
    trialMs: trials.trialMs,
    decidedBy: MEMORY_KNOBS,
    worthMeasuring: WORTH_MEASURING,
    worthOf: inverse,
    valueFor: inverse,
    known(campaign, configuration, toBeat) {
      const worth = inverse(memoryOf(campaign, { configuration }));
      const why = `takes ${memoryText(inverse(worth))}, more than ${memoryText(inverse(toBeat))}`;
      return worth < toBeat ? { suggested: worth, why } : null;
    },
    perfect: () => null,
    async race(campaign, candidate, toBeat): Promise<Raced> {
      const offered = await trials.offer(campaign, candidate);
      if (offered.state === 'unseen') return trials.unseen(offered.seen, toBeat);
      const suggested = toBeat * TOO_SMALL_SHARE;
      const why = `does not carry ${rateCps} calls/s`;
      return { seen: offered.trial.carried ? 'carried' : 'overloaded', suggested, why };
    },
    async measure(campaign, measured, deadlineMs, closeness = 'close') {
      const startMs = campaign.clock.nowMs();
      const seen = await trials.offerSome(campaign, measured, TRIALS[closeness], deadlineMs);
      const lost = seen.filter(({ carried }) => !carried);
      if (seen.length > 0 && lost.length <= seen.length / 2)
        await trials.file(campaign, measured, seen, campaign.clock.nowMs() - startMs);
      else if (seen.length > 0)
        await campaign.emit({
          type: 'warning',
          message: `${measured.label} does not carry ${rateCps} calls/s: ${lost.length} of ${seen.length} trials`,
        });
      return measured.values.memoryMib.at(-1) ?? { estimate: 0, low: 0, high: 0 };
    },
    async measureBetter(campaign, { candidate, best, deadlineMs }) {
      const found = await carriesRate(campaign, candidate, TRIALS.coarse);
      if (!found) return best() * TOO_SMALL_SHARE;
      await trials.measureSome(campaign, candidate, 1, deadlineMs);
      return inverse(memoryOf(campaign, candidate));
    },
    safeWorth: ({ estimate }) => inverse(estimate) * (1 - TOLERANCE),
    isAsGood: async (campaign, side, worth) =>
      inverse(memoryOf(campaign, side)) >= worth && (await carriesRate(campaign, side, TRIALS.coarse)),
    proof: valueProof({
      trialMs: trials.trialMs,
      offer: trials.offerSome,
      value: trials.intervalOf,
      file: trials.file,
      objection: (pairs) => objectionTo(pairs, rateCps),
    }),
  };
}

/** Less memory is no gain for a rate that is not carried with it, and none over one that was not carried before. */
function objectionTo(pairs: Pairs, rateCps: number): string | null {
  const lost = (side: 0 | 1) =>
    pairs.flatMap((pair) => pair[side] as Block).filter(({ carried }) => !carried).length;
  const trials = (side: 0 | 1) => pairs.flatMap((pair) => pair[side]).length;
  if (lost(1) > Math.floor(trials(1) / ONE_LOST_IN))
    return `with less memory, ${rateCps} calls/s were too much in ${lost(1)} of ${trials(1)} trials`;
  if (lost(0) > trials(0) / 2)
    return `today's configuration does not carry ${rateCps} calls/s: there is nothing to be spared`;
  return null;
}

function memoryText(mib: number): string {
  return `${mib.toFixed(0)} MiB`;
}

// What becomes of the calls of a given rate: how many are lost, or how long the slowest wait.
import { logAverage } from 'simple-statistics';
import type { LoadSpec, Objective } from '../../scenario/scenario.ts';
import { valueProof } from '../proof/value-proof.ts';
import type { Carriage } from '../verdict.ts';
import type { Aim, Raced } from './aim.ts';
import { atRate, inverse, TRIALS } from './at-rate.ts';

type OfCalls = 'lossShare' | 'p99SetupMs';

/** RFC 3261, 17.1.1.2, timer B: after 64 T1 the caller gives up. A call that is lost has waited as long. */
const GIVEN_UP_MS = 32_000;
/** Both scatter much from trial to trial. */
const WORTH_MEASURING = 1.1;
/** One trial that is so much worse than what is to be beaten ends the race. */
const HOPELESS_SHARE = 0.7;
/** A setting is needed when the value is more than so much worse without it. */
const TOLERANCE = 0.1;

const PERFECT: Readonly<Record<OfCalls, string>> = {
  lossShare: 'no call is lost any more',
  p99SetupMs: 'the setup delay is below what can be told',
};
/** What a value is when it cannot be less, and a little. */
const LEAST: Readonly<Record<OfCalls, (rateCps: number, load: LoadSpec) => number>> = {
  lossShare: (rateCps, { windowMs }) => 0.5 / ((rateCps * windowMs) / 1_000 + 1),
  p99SetupMs: () => LEAST_MS,
};
const BEST = 1.01;

const MOST: Readonly<Record<OfCalls, number>> = { lossShare: 1, p99SetupMs: GIVEN_UP_MS };

const WORDS: Readonly<Record<OfCalls, (value: number) => string>> = {
  lossShare: (share) => `loses more than ${(share * 100).toPrecision(2)} % of the calls`,
  p99SetupMs: (ms) => `has a p99 setup delay above ${ms.toPrecision(3)} ms`,
};

const OF_CALLS: Readonly<
  Record<OfCalls, (carriage: Carriage, bounds: Pick<Objective, 'maxLoss'>) => number>
> = {
  // Of a few lost calls one cannot tell none from one in a thousand: the mean of what is then believed of the share
  // (H. Jeffreys, Theory of Probability, 3rd ed. 1961, section 3.23), which is never 0.
  lossShare: ({ plannedCalls, goodCalls }) => (plannedCalls - goodCalls + 0.5) / (plannedCalls + 1),
  // Delays are those of the calls that were answered: a router that drops the others would look fast.
  p99SetupMs: ({ loss, setupMs }, { maxLoss }) =>
    setupMs === null || loss > maxLoss ? GIVEN_UP_MS : Math.max(setupMs.p99, LEAST_MS),
};
/** SIPp counts whole milliseconds. */
const LEAST_MS = 1;

export function rateAim(metric: OfCalls, rateCps: number, objective: Objective, load: LoadSpec): Aim {
  const trials = atRate({
    ...{ metric, rateCps, load, most: MOST[metric] },
    value: (_campaign, _side, carriage) => OF_CALLS[metric](carriage, objective),
  });
  const worthOfAll = (values: number[]) => inverse(logAverage(values));
  return {
    metric,
    shape: 'steady',
    trialMs: trials.trialMs,
    decidedBy: [],
    worthMeasuring: WORTH_MEASURING,
    worthOf: inverse,
    valueFor: inverse,
    known: () => null,
    perfect: (_campaign, worth) =>
      inverse(worth) <= LEAST[metric](rateCps, load) * BEST ? PERFECT[metric] : null,
    async race(campaign, candidate, toBeat): Promise<Raced> {
      const why = `${WORDS[metric](inverse(toBeat))} at ${rateCps} calls/s`;
      const values: number[] = [];
      for (const _trial of ['first', 'second']) {
        const offered = await trials.offer(campaign, candidate);
        if (offered.state === 'unseen') return trials.unseen(offered.seen, toBeat);
        values.push(offered.trial.value);
        const suggested = worthOfAll(values);
        if (suggested < toBeat * HOPELESS_SHARE) return { seen: 'overloaded', suggested, why };
      }
      const suggested = worthOfAll(values);
      return { seen: suggested >= toBeat ? 'carried' : 'overloaded', suggested, why };
    },
    measure: async (campaign, measured, deadlineMs, closeness = 'close') =>
      (await trials.measureSome(campaign, measured, TRIALS[closeness], deadlineMs)) ?? NOTHING,
    // The trials of the race chose it, and flatter it: these are others.
    measureBetter: async (campaign, { candidate, deadlineMs }) =>
      inverse((await trials.measureSome(campaign, candidate, TRIALS.fair, deadlineMs))?.estimate ?? 0),
    safeWorth: ({ estimate }) => inverse(estimate) * (1 - TOLERANCE),
    isAsGood: async (campaign, side, worth) => {
      const seen = await trials.offerSome(campaign, side, TRIALS.coarse);
      return seen.length === TRIALS.coarse && worthOfAll(seen.map(({ value }) => value)) >= worth;
    },
    proof: valueProof({
      trialMs: trials.trialMs,
      offer: trials.offerSome,
      value: trials.intervalOf,
      file: trials.file,
    }),
  };
}

const NOTHING = { estimate: 0, low: 0, high: 0 };

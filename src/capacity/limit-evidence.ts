// From trials to an answer. A machine that is slow for a minute carries less in that minute, and each message costs its router
// more CPU time: a load is therefore also read as what it would have been at the machine's usual speed, and each
// reading is believed as far as the trials do not contradict each other under it. As far as it is the machine's speed, its noise
// averages out with every trial, at whatever load it was, instead of only near the limit.
import {
  type BeliefOptions,
  believe,
  blurred,
  type Expectation,
  eitherOf,
  expecting,
  type LimitBelief,
  type Outcome,
  quantile,
} from './limit-belief.ts';

/** One valid trial. */
export interface SeenTrial extends Outcome {
  /** CPU time of the router for each message that it received, in any unit; null where it was not metered. */
  readonly cost: number | null;
  /** Share of the router's CPUs that was busy, 0 to 1; null where it was not metered. */
  readonly busyShare: number | null;
}

export interface LimitEvidence {
  /** The load below which the limit is with this probability, from the trials alone. */
  quantile(share: number): number;
  /** The same as probabilities. */
  readonly belief: LimitBelief;
  /** How much the limits of trials scatter, whatever the machine's speed was: standard deviation of the logarithm. */
  readonly scatter: number;
  /** The load from which the next trial tells most; an expectation has a say in it, though none in the answer. */
  readonly next: number;
}

/** How much the speed of a machine differs between trials, before they tell, and how many trials that is worth. */
const USUAL_SPREAD = 0.02;
const USUAL_WORTH = 2;
/** How much limits scatter once the machine's speed is accounted for. */
const SCATTERS_AT_USUAL_SPEED: BeliefOptions['scatters'] = [
  [0.004, 4],
  [0.01, 3],
  [0.03, 1],
  [0.06, 0.3],
  [0.12, 0.1],
  [0.25, 0.05],
];
const REACH_BELOW = 2;
const REACH_ABOVE = 1.5;
/** A router ends when about so much of its CPUs is busy, if it ends by its CPUs. */
const FULL: Expectation = { value: 0.97, spread: 0.05 };
/** A lighter load tells little of what a call costs near the limit, where more is done in one go. */
const TELLING_BUSY_SHARE = 0.5;
const TELLING_LOAD_SHARE = 0.8;

export function weigh(
  trials: readonly SeenTrial[],
  scatters: BeliefOptions['scatters'],
  expected: Expectation,
): LimitEvidence {
  const atUsualSpeed = readAtUsualSpeed(trials);
  const within = reachOf(trials, expected);
  const plain = believe(trials, { ...within, scatters });
  const belief = atUsualSpeed
    ? eitherOf(
        plain,
        blurred(
          believe(atUsualSpeed.trials, { ...within, scatters: SCATTERS_AT_USUAL_SPEED }),
          atUsualSpeed.error,
        ),
      )
    : plain;
  const informed = expecting(belief, [expected, ...fullAt(atUsualSpeed?.trials ?? trials)]);
  return {
    quantile: (share) => quantile(belief, share),
    belief,
    scatter: plain.scatter,
    next: quantile(informed, 0.5),
  };
}

/**
 * How far from what was tried the limit may be at all. Were every order of magnitude as likely as any other, one mishap of the
 * machine would make a limit likely that is far above everything that failed.
 */
export function reachOf(
  trials: readonly SeenTrial[],
  expected: Expectation,
): Pick<BeliefOptions, 'min' | 'max'> {
  // Before the first trial there is nothing but the expectation.
  const loads = trials.length === 0 ? [expected.value] : trials.map(({ load }) => load);
  return { min: Math.min(...loads) / REACH_BELOW, max: Math.max(...loads) * REACH_ABOVE };
}

/** The same trials with the loads that they would have been at the geometric mean of the costs; null where those are unknown. */
function readAtUsualSpeed(
  trials: readonly SeenTrial[],
): { readonly trials: readonly SeenTrial[]; readonly error: number } | null {
  const telling = heaviestCarried(trials)?.load ?? 0;
  const logs = trials.flatMap(({ cost, load }) =>
    cost !== null && cost > 0 && load >= telling * TELLING_LOAD_SHARE ? [Math.log(cost)] : [],
  );
  if (logs.length < 2) return null;
  const usual = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const squares = logs.reduce((sum, log) => sum + (log - usual) ** 2, 0);
  const variance = (squares + USUAL_WORTH * USUAL_SPREAD ** 2) / (logs.length - 1 + USUAL_WORTH);
  return {
    error: Math.sqrt(variance / logs.length),
    trials: trials.map((trial) =>
      trial.cost !== null && trial.cost > 0
        ? { ...trial, load: (trial.load * trial.cost) / Math.exp(usual) }
        : trial,
    ),
  };
}

/** Where the router's CPUs would be full, from the heaviest load that was carried. */
function fullAt(trials: readonly SeenTrial[]): readonly Expectation[] {
  const heaviest = heaviestCarried(trials);
  if (heaviest === undefined || heaviest.busyShare === null) return [];
  if (heaviest.busyShare < TELLING_BUSY_SHARE) return [];
  return [{ value: (heaviest.load * FULL.value) / heaviest.busyShare, spread: FULL.spread }];
}

export function heaviestCarried(trials: readonly SeenTrial[]): SeenTrial | undefined {
  return trials
    .filter(({ carried }) => carried)
    .reduce<SeenTrial | undefined>(
      (most, trial) => (most && most.load >= trial.load ? most : trial),
      undefined,
    );
}

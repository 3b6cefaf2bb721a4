// What a shared machine does to a trial: its speed scatters from trial to trial, drifts over minutes, and now and then a noisy
// neighbour takes a good part of it, which the hypervisor calls steal, hides, or does not show at all.

import { gaussian } from '../stats/gaussian.ts';
import { createRandom, type Random } from '../stats/random.ts';

export interface Disturbance {
  /** 1 is the machine's usual speed. */
  readonly speed: number;
  /** How much of the receive buffer the mix of small and large datagrams leaves, as a factor. */
  readonly bufferFactor: number;
  readonly stealPct: number;
  /** Ticks that are missing though nothing accounts for them. */
  readonly hiddenStealPct: number;
}

export interface DisturbedTrial {
  readonly n: number;
  /** Since the simulation began. */
  readonly atMs: number;
  readonly lengthMs: number;
}

export const UNDISTURBED: Disturbance = { speed: 1, bufferFactor: 1, stealPct: 0, hiddenStealPct: 0 };

/** The scatter is that of trials of this length: longer ones average more. */
const NOMINAL_MS = 5_000;
/** A burst is over in a moment and meets the machine as it is then; yet it is no worse than a trial of this length. */
const LEAST_AVERAGED_MS = 2_500;
/** Of the scatter: what the drift adds, in slow waves of some minutes. */
const DRIFT_SHARE = 0.5;
const DRIFT_PERIODS_MS = [4 * 60_000, 13 * 60_000] as const;
const BUFFER_SHARE = 0.4;
/** A noisy neighbour: in how many trials for each per cent of scatter, and what it leaves. */
const NEIGHBOUR_CHANCE_PER_SCATTER = 0.3;
const NEIGHBOUR_LEAVES = { least: 0.5, most: 0.85 } as const;
/** What a neighbour takes shows as steal or as missing ticks so often; otherwise nowhere. */
const SHOWN_AS = { steal: 0.35, hiddenSteal: 0.35 } as const;
/** Streams of random numbers of one seed lie this far apart. */
const SEED_STEP = 2 ** 32;

/** The machine's speed without what differs from trial to trial, by the time since the simulation began. */
export function createDrift(seed: number, scatter: number): (atMs: number) => number {
  const phases = createRandom(seed);
  const waves = DRIFT_PERIODS_MS.map((periodMs) => ({ periodMs, phase: 2 * Math.PI * phases() }));
  return (atMs) =>
    Math.exp(
      scatter *
        DRIFT_SHARE *
        waves.reduce(
          (sum, { periodMs, phase }) => sum + Math.sin((2 * Math.PI * atMs) / periodMs + phase),
          0,
        ),
    );
}

/** The same for the same seed, trial and time, whatever was asked before: a campaign that is resumed meets the same machine. */
export function createDisturbances(seed: number, scatter: number): (trial: DisturbedTrial) => Disturbance {
  if (scatter === 0) return () => UNDISTURBED;
  const driftAt = createDrift(seed, scatter);
  return ({ n, atMs, lengthMs }) => {
    const random = trialRandom(seed, n);
    const averaged = scatter / Math.sqrt(Math.max(LEAST_AVERAGED_MS, lengthMs) / NOMINAL_MS);
    const usual = Math.exp(averaged * gaussian(random)) * driftAt(atMs);
    const bufferFactor = Math.exp(BUFFER_SHARE * averaged * gaussian(random));
    const { left, stealPct, hiddenStealPct } = neighbour(scatter, random);
    return { speed: usual * left, bufferFactor, stealPct, hiddenStealPct };
  };
}

/** Random numbers of one trial, that no other trial has. */
export function trialRandom(seed: number, n: number): Random {
  return createRandom(seed + n * SEED_STEP);
}

function neighbour(scatter: number, random: Random) {
  if (random() >= scatter * NEIGHBOUR_CHANCE_PER_SCATTER) return { left: 1, stealPct: 0, hiddenStealPct: 0 };
  const { least, most } = NEIGHBOUR_LEAVES;
  const left = least + (most - least) * random();
  const takenPct = (1 - left) * 100;
  const shown = random();
  return {
    left,
    stealPct: shown < SHOWN_AS.steal ? takenPct : 0,
    hiddenStealPct: shown >= SHOWN_AS.steal && shown < SHOWN_AS.steal + SHOWN_AS.hiddenSteal ? takenPct : 0,
  };
}

// A landscape that is asked from outside: one line of JSON in, one out, so that an optimiser in any language can be measured on it.
// The session has the virtual clock: trials and restarts take their time on it, and the machine drifts with it.
import { boundsViolation } from '../knobs/constraints.ts';
import type { Configuration, KnobInPlay } from '../knobs/knob.ts';
import { type LoadPlan, MOST_CALLS } from '../load/load.ts';
import { changeBetween, RESTART_MS } from './change-cost.ts';
import { createDisturbances, trialRandom } from './disturbance.ts';
import type { Landscape } from './landscape.ts';
import { type SimulatedTrial, simulateTrial } from './simulate-trial.ts';
import { createTruth, type True } from './truth.ts';

export interface SessionOptions {
  readonly seed: number;
  /** Relative standard deviation of the machine's speed from trial to trial, per cent. */
  readonly noisePct: number;
  /** Each answer says what its configuration truly carries. */
  readonly withTruth: boolean;
}

/** Everything that it says is marked as simulated. */
export type Answer = Readonly<Record<string, unknown>> & { readonly simulated: true };

export interface Session {
  /** The first line: the space, where it starts, and what may be asked. */
  describe(): Answer;
  /** The noiseless optimum, and what the start carries. */
  truth(): Answer;
  /** Of one line. Throws a BadLine for one that cannot be understood, and goes on with the next. */
  answer(line: string): Answer;
}

export class BadLine extends Error {
  override readonly name = 'BadLine';
}

const LONGEST_LINE = 100_000;
const MAY_ASK = '"configuration", "rateCps" or "burstCalls", "truth"';

interface Asked {
  readonly configuration: Configuration;
  readonly plan: LoadPlan | null;
  readonly truth: boolean;
}

export function createSession(landscape: Landscape, options: SessionOptions): Session {
  const { seed, noisePct, withTruth } = options;
  const scatter = noisePct / 100;
  const disturbed = createDisturbances(seed, scatter);
  const truth = createTruth(landscape);
  let inForce = landscape.today;
  let [n, nowMs] = [0, 0];

  const tryOut = (configuration: Configuration, plan: LoadPlan): Answer => {
    n += 1;
    const change = changeBetween(landscape, inForce, configuration);
    inForce = configuration;
    nowMs += change.ms;
    const lengthMs = plan.shape === 'steady' ? plan.warmupMs + plan.windowMs : 0;
    const trial = simulateTrial({
      ...{ landscape, configuration, plan, scatter },
      load: landscape.load,
      objective: landscape.objective,
      random: trialRandom(seed, -n),
      disturbance: disturbed({ n, atMs: nowMs, lengthMs }),
    });
    const restartMs = leavesNothingBehind(trial) ? 0 : RESTART_MS;
    nowMs += trial.wallMs + restartMs;
    return {
      simulated: true,
      trial: n,
      ...outcomeOf(trial),
      busyShare: rounded(trial.busyShare, 4),
      restarts: Number(change.restarted) + Number(restartMs > 0),
      costS: rounded((change.ms + trial.wallMs + restartMs) / 1_000, 3),
      elapsedS: rounded(nowMs / 1_000, 3),
      ...(withTruth ? { truth: shown(truth.of(configuration)) } : {}),
    };
  };

  return {
    describe: () => ({ simulated: true, ...description(landscape), seed, noisePct }),
    truth() {
      const { configuration, ...best } = truth.optimum();
      return {
        simulated: true,
        truth: { optimum: { configuration, ...shown(best) }, start: shown(truth.of(landscape.today)) },
      };
    },
    answer(line) {
      const asked = parse(line, landscape);
      if (asked.plan !== null) return tryOut(asked.configuration, asked.plan);
      if (asked.truth || withTruth) {
        const isAboutOne = Object.hasOwn(JSON.parse(line), 'configuration');
        return isAboutOne ? { simulated: true, truth: shown(truth.of(asked.configuration)) } : this.truth();
      }
      throw new BadLine('asks for no load: give "rateCps" or "burstCalls" (or "truth": true)');
    },
  };
}

/** Open transactions of calls that were not completed are cleared by a restart, as in a campaign. */
function leavesNothingBehind({ verdict }: SimulatedTrial): boolean {
  return (
    verdict.state === 'carried' ||
    (verdict.state === 'overloaded' && verdict.completedCalls >= verdict.plannedCalls)
  );
}

function outcomeOf({ verdict }: SimulatedTrial) {
  const nothing = { lossPct: null, p50Ms: null, p99Ms: null, limiter: null };
  if (verdict.state === 'invalid') return { verdict: verdict.state, ...nothing, reason: verdict.reason };
  const { loss, setupMs } = verdict;
  return {
    verdict: verdict.state,
    lossPct: rounded(loss * 100, 4),
    p50Ms: setupMs && rounded(setupMs.p50, 1),
    p99Ms: setupMs && rounded(setupMs.p99, 1),
    limiter: verdict.state === 'overloaded' ? verdict.limiter : null,
    reason: verdict.state === 'overloaded' ? verdict.evidence : null,
  };
}

function description({ name, summary, knobs, today, objective, load }: Landscape) {
  return {
    landscape: name,
    summary,
    objective,
    load,
    knobs: knobs.map(({ knob, min, max, choices }) => ({
      name: knob.name,
      ...(choices
        ? { type: 'choice', choices }
        : { type: 'integer', min, max, scale: knob.search.scale, unit: knob.unit }),
      changeCost: knob.changeCost,
    })),
    start: Object.fromEntries(knobs.map(({ knob }) => [knob.name, today[knob.name]])),
    loads: { rateCps: { min: 1, max: MOST_CALLS }, burstCalls: { min: 1, max: MOST_CALLS } },
    restartS: RESTART_MS / 1_000,
  };
}

function parse(line: string, landscape: Landscape): Asked {
  if (line.length > LONGEST_LINE) throw new BadLine(`is longer than ${LONGEST_LINE} characters`);
  const asked = objectIn(line);
  const unknown = Object.keys(asked).find(
    (key) => !['configuration', 'rateCps', 'burstCalls', 'truth'].includes(key),
  );
  if (unknown !== undefined) throw new BadLine(`has ${JSON.stringify(unknown)}, and may have ${MAY_ASK}`);
  if (asked.truth !== undefined && typeof asked.truth !== 'boolean')
    throw new BadLine('has a "truth" that is neither true nor false');
  return {
    configuration: { ...landscape.today, ...configurationIn(asked.configuration, landscape) },
    plan: planIn(asked, landscape),
    truth: asked.truth === true,
  };
}

function objectIn(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new BadLine(`is no JSON: ${(error as Error).message}`);
  }
  if (isObject(value)) return value;
  throw new BadLine(`is no JSON object with ${MAY_ASK}`);
}

function configurationIn(value: unknown, { knobs, ownKnobs = [] }: Landscape): Configuration {
  if (value === undefined) return {};
  if (!isObject(value)) throw new BadLine('has a "configuration" that is no object of knobs and values');
  return Object.fromEntries(
    Object.entries(value).map(([name, setting]) => {
      const inPlay = knobs.find(({ knob }) => knob.name === name);
      if (!inPlay) throw new BadLine(`sets ${JSON.stringify(name)}, which is no knob of this landscape`);
      const wanted = checked(inPlay, setting);
      const outside = boundsViolation({ [name]: wanted }, ownKnobs);
      if (outside !== null) throw new BadLine(`has a value out of bounds: ${outside}`);
      return [name, wanted];
    }),
  );
}

function checked({ knob: { name }, choices }: KnobInPlay, setting: unknown): number | string {
  if (choices) {
    const choice = choices.find((one) => one === setting);
    if (choice !== undefined) return choice;
    throw new BadLine(
      `sets ${name} to ${JSON.stringify(setting)}, which is not one of ${choices.join(', ')}`,
    );
  }
  if (typeof setting === 'number' && Number.isSafeInteger(setting)) return setting;
  throw new BadLine(`sets ${name} to ${JSON.stringify(setting)}, which is no whole number`);
}

function planIn(
  { rateCps, burstCalls }: Readonly<Record<string, unknown>>,
  { load }: Landscape,
): LoadPlan | null {
  if (rateCps !== undefined && burstCalls !== undefined)
    throw new BadLine('asks for "rateCps" and "burstCalls": one trial has one load');
  if (rateCps !== undefined)
    return {
      shape: 'steady',
      rateCps: amount('rateCps', rateCps),
      warmupMs: load.warmupMs,
      windowMs: load.windowMs,
    };
  if (burstCalls === undefined) return null;
  return { shape: 'burst', calls: Math.round(amount('burstCalls', burstCalls)) };
}

function amount(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 1 && value <= MOST_CALLS) return value;
  throw new BadLine(`has "${name}": ${JSON.stringify(value)}, which is no number from 1 to ${MOST_CALLS}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown({ capacityCps, burstCalls }: True): True {
  return { capacityCps: Math.floor(capacityCps), burstCalls: Math.floor(burstCalls) };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

// A test bed that keeps its answers in the journal, and that gives those of an interrupted campaign again before it turns to the
// real one. For a campaign that begins it only records.
import { isDeepStrictEqual } from 'node:util';
import type { Configuration } from '../../knobs/knob.ts';
import type { Emit } from '../events.ts';
import { MeasurementFailed } from '../measure.ts';
import type { ApplyOutcome, Prepared, TestBed } from '../test-bed.ts';
import { count } from '../trial-tally.ts';
import type { CampaignClock } from './campaign-clock.ts';
import type { History, RecordedStep } from './history.ts';
import { requireSameTarget } from './same-target.ts';
import { type Answer, recordOf } from './step.ts';

export interface ResumableBed extends TestBed {
  /** What was known has been told: from here on everything is new. */
  isLive(): boolean;
}

export interface ResumableBedDeps {
  readonly inner: TestBed;
  readonly history: History;
  readonly clock: CampaignClock;
  readonly emit: Emit;
  /** Answers that come after an interruption are no answers. */
  readonly signal: AbortSignal;
}

type Call = Answer['call'];
type Past<C extends Call> = Extract<RecordedStep, { call: C }>;

export function createResumableBed({ inner, history, clock, emit, signal }: ResumableBedDeps): ResumableBed {
  const { steps } = history;
  let done = 0;
  let live = false;
  let inForce: { readonly configuration: Configuration; readonly reason: string } | null = null;

  const queueClock = () => {
    const lastEndMs = steps[done - 1]?.endMs ?? 0;
    clock.replay(steps[done]?.reads ?? [], lastEndMs);
  };
  queueClock();
  if (history.startedAt === null) {
    live = true;
    clock.goLive();
  }

  /** The recorded answer to this call, if that is what the campaign asked for next. */
  const recall = <C extends Call>(call: C, fits: (past: Past<C>) => boolean): Past<C> | null => {
    const next = live ? undefined : steps[done];
    if (next?.call !== call || !fits(next as Past<C>)) return null;
    done += 1;
    clock.takeReads();
    queueClock();
    return next as Past<C>;
  };

  /** Ends the replay; `again` puts in force what is in force by now. */
  const goLive = async (again: typeof inForce): Promise<void> => {
    if (live) return;
    if (done < steps.length) {
      const message = `the campaign and its journal part ways after ${done} of ${steps.length} steps: it goes on from there`;
      await emit({ type: 'parted', steps: done });
      await emit({ type: 'warning', message });
    }
    if (again !== null) {
      const outcome = await inner.apply(again.configuration, `resumed: ${again.reason}`);
      if (outcome.state === 'failed')
        throw new MeasurementFailed(
          `what was in force when the campaign was interrupted cannot be put in force again: ${outcome.reason}`,
        );
    }
    live = true;
    clock.goLive();
  };

  const record = async (answer: Answer): Promise<void> => {
    const reads = clock.takeReads();
    if (signal.aborted) return;
    const endMs = clock.nowMs();
    clock.takeReads();
    await emit({ type: 'step', ...answer, reads, endMs });
  };

  const counted = (outcome: ApplyOutcome): ApplyOutcome => {
    if (outcome.state === 'applied' && outcome.restarted) inner.cost.restarts += 1;
    return outcome;
  };

  return {
    cost: inner.cost,
    isLive: () => live,

    async prepare(): Promise<Prepared> {
      const prepared = await inner.prepare();
      const now = recordOf(prepared);
      const past = recall('prepare', () => true)?.prepared;
      if (past) {
        requireSameTarget(past, now);
        // These change a little with every boot, and the proposals depend on them.
        return { ...prepared, constraintFacts: withInfinity(past.constraintFacts) };
      }
      await goLive(null);
      await record({ call: 'prepare', prepared: now });
      return prepared;
    },

    async apply(configuration, reason) {
      const past = recall('apply', (step) => isDeepStrictEqual(step.configuration, configuration));
      if (past) {
        inForce = { configuration, reason };
        return counted(past.outcome);
      }
      await goLive(null);
      const outcome = await inner.apply(configuration, reason);
      await record({ call: 'apply', configuration, reason, outcome });
      return outcome;
    },

    async offer(label, plan) {
      const past = recall('offer', (step) => step.label === label && isDeepStrictEqual(step.plan, plan));
      if (past?.trial) {
        count(inner.cost.trials, past.trial.verdict);
        inner.cost.loadMs += past.trial.wallMs;
        return past.trial;
      }
      await goLive(inForce);
      const trial = await inner.offer(label, plan);
      await record({ call: 'offer', n: trial.n, label, plan });
      return trial;
    },

    async recover() {
      const past = recall('recover', () => true);
      if (past) return counted(past.outcome);
      await goLive(inForce);
      const outcome = await inner.recover();
      await record({ call: 'recover', outcome });
      return outcome;
    },

    async netperf() {
      const past = recall('netperf', () => true);
      if (past) return past.report;
      await goLive(inForce);
      const report = await inner.netperf();
      await record({ call: 'netperf', report });
      return report;
    },

    routerBusyShare: (trial) => inner.routerBusyShare(trial),

    async restore() {
      if (!live) clock.goLive();
      live = true;
      return inner.restore();
    },
  };
}

/** JSON has no infinity: a bound that does not bind comes back as null. */
function withInfinity(facts: Prepared['constraintFacts']): Prepared['constraintFacts'] {
  return { ...facts, udpMemBytes: facts.udpMemBytes ?? Number.POSITIVE_INFINITY };
}

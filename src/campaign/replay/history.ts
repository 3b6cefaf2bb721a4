// What a journal holds of an interrupted campaign: its steps, with their trials, and what it had said by then.
import type { CampaignEvent, TrialRecord } from '../events.ts';
import { isInterruption } from '../interruption.ts';
import type { Step } from './step.ts';

export type RecordedStep = Step & { readonly trial?: TrialRecord };

export interface History {
  /** null: the campaign begins. */
  readonly startedAt: Date | null;
  readonly steps: readonly RecordedStep[];
  readonly events: readonly CampaignEvent[];
  /** The verdict that it ended with, or null when it was killed. */
  readonly verdict: 'improved' | 'not-proven' | 'aborted' | null;
}

export const NO_HISTORY: History = { startedAt: null, steps: [], events: [], verdict: null };

export function historyOf(events: readonly CampaignEvent[]): History {
  let startedAt: Date | null = null;
  let steps: RecordedStep[] = [];
  let verdict: History['verdict'] = null;
  let gaveUp = false;
  let trial: TrialRecord | undefined;
  for (const event of events) {
    switch (event.type) {
      case 'campaign-started':
        startedAt = new Date(event.at);
        break;
      case 'trial':
        trial = event.trial;
        break;
      case 'step': {
        const { type: _type, at: _at, ...step } = event;
        if (step.call !== 'offer') steps.push(step);
        // Without its trial a step says nothing; what follows it would not fit.
        else if (trial?.n === step.n) steps.push({ ...step, trial });
        break;
      }
      case 'resumed':
      case 'parted':
        steps = steps.slice(0, event.steps);
        verdict = null;
        gaveUp = false;
        break;
      case 'campaign-finished':
        verdict = event.verdict;
        gaveUp = verdict === 'aborted' && !isInterruption(event.reason);
        break;
    }
  }
  return { startedAt, steps: gaveUp ? beforeTheTrouble(steps) : steps, events, verdict };
}

/** A campaign that gave up (the router did not start, every trial was spoilt) is to try that again, not to be told of it. */
function beforeTheTrouble(steps: readonly RecordedStep[]): readonly RecordedStep[] {
  const lastSound = steps.findLastIndex(isSound);
  const trouble = steps.findIndex((step, index) => index > lastSound && isTrouble(step));
  return trouble === -1 ? steps : steps.slice(0, trouble);
}

function isSound({ trial }: RecordedStep): boolean {
  return trial?.verdict.state === 'carried' || trial?.verdict.state === 'overloaded';
}

function isTrouble(step: RecordedStep): boolean {
  if (step.call === 'apply' || step.call === 'recover') return step.outcome.state === 'failed';
  return step.call === 'offer' && !isSound(step);
}

// What a journal holds of an interrupted campaign: its steps, with their trials, and what it had said by then.
import type { DamagedLine } from '../../store/journal.ts';
import type { CampaignEvent, TrialRecord } from '../events.ts';
import { isInterruption } from '../interruption.ts';
import type { Step } from './step.ts';
import { stepSchema, trialSchema } from './step-schema.ts';

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

/** `damaged`: lines of the same journal that are no events. Any of them may have been a step. */
export function historyOf(events: readonly CampaignEvent[], damaged: readonly DamagedLine[] = []): History {
  const gaps = new Set(damaged.map(({ afterEvents }) => afterEvents));
  let startedAt: Date | null = null;
  let steps: RecordedStep[] = [];
  let verdict: History['verdict'] = null;
  let gaveUp = false;
  let whole = true;
  let trial: TrialRecord | undefined;
  for (const [index, event] of events.entries()) {
    // The steps after a lost one are answers to other questions.
    if (gaps.has(index)) whole = false;
    switch (event.type) {
      case 'campaign-started':
        startedAt = dateOf(event.at);
        break;
      case 'trial':
        trial = event.trial;
        break;
      case 'step': {
        const step = recordedStep(event, trial);
        // What follows a step that cannot be read would not fit.
        whole &&= step !== null;
        if (whole && step !== null) steps.push(step);
        break;
      }
      case 'resumed':
      case 'parted':
        // Whatever was damaged before, these are the steps that the campaign went on from.
        whole = steps.length >= event.steps;
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

function recordedStep(
  event: Extract<CampaignEvent, { type: 'step' }>,
  trial: TrialRecord | undefined,
): RecordedStep | null {
  if (!stepSchema.safeParse(event).success) return null;
  const { type: _type, at: _at, ...step } = event;
  if (step.call !== 'offer') return step;
  return trial?.n === step.n && trialSchema.safeParse(trial).success ? { ...step, trial } : null;
}

function dateOf(text: string): Date | null {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
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

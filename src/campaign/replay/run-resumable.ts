// A campaign that can be killed at any moment and goes on from its journal: `runCampaign` with a bed and a clock that remember.
import type { Clock } from '../../clock.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { Result } from '../../store/result.ts';
import { runCampaign } from '../campaign.ts';
import type { Emit, NewEvent } from '../events.ts';
import type { TestBed } from '../test-bed.ts';
import { createCampaignClock } from './campaign-clock.ts';
import { type History, NO_HISTORY } from './history.ts';
import { createResumableBed } from './resumable-bed.ts';
import { toldOnce } from './told-once.ts';

export interface ResumableCampaign {
  readonly id: string;
  readonly scenario: Scenario;
  /** The real one. */
  readonly bed: TestBed;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** What the journal holds; nothing for a campaign that begins. */
  readonly history?: History;
  readonly onPast?: (event: NewEvent) => void;
}

export async function runResumable(campaign: ResumableCampaign): Promise<Result> {
  const { id, scenario, emit, signal, history = NO_HISTORY, onPast } = campaign;
  const clock = createCampaignClock(campaign.clock, history.startedAt);
  const bed = createResumableBed({ inner: campaign.bed, history, clock, emit, signal });
  if (history.startedAt !== null)
    await emit({
      type: 'resumed',
      pid: process.pid,
      steps: history.steps.length,
      trials: history.steps.filter(({ trial }) => trial !== undefined).length,
      usedMs: history.steps.at(-1)?.endMs ?? 0,
    });
  const told = toldOnce({ history, emit, isLive: bed.isLive, ...(onPast ? { onPast } : {}) });
  return runCampaign({ id, scenario, bed, clock, emit: told, signal });
}

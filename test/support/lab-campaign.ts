// A real campaign in the real lab, in this process: as `siptune run` has it, with a listener that may interfere.
import { runCampaign } from '../../src/campaign/campaign.ts';
import type { NewEvent, TrialRecord } from '../../src/campaign/events.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';
import type { Result } from '../../src/store/result.ts';
import { openLabBed } from './lab-bed.ts';

export interface LabCampaign {
  readonly router?: 'kamailio' | 'opensips';
  readonly overrides?: Partial<Scenario>;
  readonly onEvent?: (event: NewEvent) => Promise<void> | void;
  readonly signal?: AbortSignal;
}

export async function labCampaign(options: LabCampaign): Promise<{
  readonly result: Result;
  readonly events: readonly NewEvent[];
  readonly trials: readonly TrialRecord[];
}> {
  const { dispose, events, ...deps } = await openLabBed(options);
  try {
    const result = await runCampaign({ id: 'test', ...deps });
    return {
      result,
      events,
      trials: events.flatMap((event) => (event.type === 'trial' ? [event.trial] : [])),
    };
  } finally {
    await dispose();
  }
}

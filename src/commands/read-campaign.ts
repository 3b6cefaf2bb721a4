// A campaign that a command is about: found, read, and its result there, or a message that says what is wrong with it.
import { join } from 'node:path';
import type { CampaignEvent } from '../campaign/events.ts';
import { UserError } from '../errors.ts';
import { readJournal } from '../store/journal.ts';
import type { Result } from '../store/result.ts';
import { type Campaign, readResult, resolveCampaign } from '../store/result-store.ts';

export async function readCampaign(
  out: string,
  wanted: string | undefined,
): Promise<{ readonly campaign: Campaign; readonly result: Result }> {
  const campaign = await resolveCampaign(out, wanted);
  const stored = await readResult(campaign.dir);
  if (stored.state === 'found') return { campaign, result: stored.result };
  throw new UserError(`campaign ${campaign.id} has no result that can be read: ${stored.why}`);
}

/** Events of its journal; none where there is no journal, which only makes a report poorer. */
export async function readEvents(campaign: Campaign): Promise<readonly CampaignEvent[]> {
  try {
    return (await readJournal(join(campaign.dir, 'journal.jsonl'))).events;
  } catch {
    return [];
  }
}

// A campaign that a command is about: found, read, and its result there, or a message that says what is wrong with it.
import { join } from 'node:path';
import type { CampaignEvent } from '../campaign/events.ts';
import { UserError } from '../errors.ts';
import { plainText } from '../report/plain-text.ts';
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
  throw new UserError(
    `campaign ${plainText(campaign.id)} has no result that can be read: ${plainText(stored.why)}`,
  );
}

/** Events of its journal, and what is wrong with it; none where there is no journal, which only makes a report poorer. */
export async function readEvents(
  campaign: Campaign,
): Promise<{ readonly events: readonly CampaignEvent[]; readonly problems: readonly string[] }> {
  try {
    const { events, torn, damaged } = await readJournal(join(campaign.dir, 'journal.jsonl'));
    return { events, problems: journalProblems(torn, damaged) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { events: [], problems: [error.message] };
  }
}

function journalProblems(torn: boolean, damaged: readonly { line: number; reason: string }[]): string[] {
  const [first] = damaged;
  return [
    ...(torn ? ['the last line of the journal was cut off: it is left out'] : []),
    ...(first
      ? [
          `${damaged.length} damaged in the journal and left out, the first in line ${first.line}: ${first.reason}`,
        ]
      : []),
  ];
}

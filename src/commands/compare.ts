// siptune compare: campaigns side by side.
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import { compareCampaigns } from '../report/compare.ts';
import { renderComparison } from '../report/compare-report.ts';
import type { CommandIo } from './command-io.ts';
import { readCampaign } from './read-campaign.ts';
import { styleOf } from './report.ts';

export async function compare(
  ids: readonly string[],
  { out, json }: { readonly out: string; readonly json: boolean },
  io: CommandIo,
): Promise<ExitStatus> {
  if (ids.length < 2)
    throw new UserError('compare needs two campaigns or more: siptune list shows their IDs');
  const results = await Promise.all(ids.map(async (id) => (await readCampaign(out, id)).result));
  const comparison = compareCampaigns(results);
  io.out(json ? `${JSON.stringify(comparison, null, 2)}\n` : renderComparison(comparison, styleOf(io)));
  return EXIT.ok;
}

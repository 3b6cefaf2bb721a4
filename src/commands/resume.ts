// siptune resume: an interrupted or killed campaign goes on from its journal, in the same folder, on the same seed.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type History, historyOf } from '../campaign/replay/history.ts';
import { systemClock } from '../clock.ts';
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import { plainText } from '../report/plain-text.ts';
import { renderReport } from '../report/terminal-report.ts';
import { canNameCampaign } from '../safety/state-dir.ts';
import { readJournal } from '../store/journal.ts';
import { type Campaign, resolveCampaign } from '../store/result-store.ts';
import { readScenario } from '../store/scenario-file.ts';
import type { CommandIo } from './command-io.ts';
import { styleOf } from './report.ts';
import { restore } from './restore.ts';
import { runScenario, statusOf } from './run.ts';

export interface ResumeOptions {
  readonly out: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

export async function resume(
  id: string | undefined,
  options: ResumeOptions,
  io: CommandIo,
): Promise<ExitStatus> {
  const campaign = await resolveCampaign(options.out, id);
  requireUnfinished(campaign, await historyIn(campaign));
  const scenario = await readScenario(campaign.dir);
  const isSimulated = scenario.target.kind === 'sim';
  if (!isSimulated && !canNameCampaign(campaign.id))
    throw new UserError(
      `the folder ${plainText(campaign.id)} was renamed: to be resumed it has its ID again, of letters, digits, ".", "_" and "-"`,
    );
  if (!isSimulated && process.getuid?.() !== 0)
    throw new UserError(
      'siptune resume changes kernel and router settings, which needs root: run it with sudo',
      EXIT.unsafe,
    );
  // A simulation has changed nothing.
  if (!isSimulated) await restoreFirst(campaign, options.out, io);
  // Read again: what was put back is in the journal by now.
  const history = await historyIn(campaign);
  // Control files of a router that was killed are in the way of the next.
  await rm(join(campaign.dir, 'router'), { recursive: true, force: true });
  const place = { ...campaign, trialDir: (n: number) => join(campaign.dir, 'trials', String(n)) };
  const result = await runScenario(scenario, place, options, io, systemClock, history);
  io.out(options.json ? `${JSON.stringify(result, null, 2)}\n` : renderReport(result, styleOf(io)));
  return statusOf(result, io.signal);
}

function requireUnfinished({ id }: Campaign, { verdict }: History): void {
  if (verdict === null || verdict === 'aborted') return;
  throw new UserError(
    `campaign ${id} is finished (${verdict}): there is nothing to resume. "siptune report ${id}" shows it, siptune run starts another`,
  );
}

/** As `siptune restore` does it: by what stands on the target, and from the journal. */
async function restoreFirst({ id }: Campaign, out: string, io: CommandIo): Promise<void> {
  const status = await restore(id, { out, json: false }, { ...io, out: io.err });
  if (status !== EXIT.ok)
    throw new UserError(
      `campaign ${id} left settings that cannot be put back, so it cannot go on`,
      EXIT.unsafe,
    );
}

async function historyIn({ dir }: Campaign): Promise<History> {
  const { events, damaged } = await readJournal(join(dir, 'journal.jsonl'));
  return historyOf(events, damaged);
}

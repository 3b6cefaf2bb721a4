// siptune run: one campaign over one scenario, from the file to the printed result.
import { resolve } from 'node:path';
import { runCampaign } from '../campaign/campaign.ts';
import type { CampaignEvent, NewEvent } from '../campaign/events.ts';
import { createLiveTestBed } from '../campaign/live-test-bed.ts';
import { openTarget } from '../campaign/open-target.ts';
import { type Clock, systemClock } from '../clock.ts';
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import { CATALOGUE } from '../knobs/catalogue.ts';
import { createProgress } from '../report/progress.ts';
import { renderReport } from '../report/terminal-report.ts';
import { formatProblems, loadScenario } from '../scenario/load-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { parseBudgetMs } from '../scenario/units.ts';
import { openJournal } from '../store/journal.ts';
import type { Result } from '../store/result.ts';
import { createCampaignDir, writeResult } from '../store/result-store.ts';
import { createLocalHost } from '../targets/local-host.ts';
import type { CommandIo } from './command-io.ts';
import { styleOf } from './report.ts';

export interface RunOptions {
  readonly budget: string | undefined;
  readonly seed: number | undefined;
  readonly out: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

export async function run(scenarioPath: string, options: RunOptions, io: CommandIo): Promise<ExitStatus> {
  const scenario = await scenarioFrom(scenarioPath, options);
  if (process.getuid?.() !== 0)
    throw new UserError(
      'siptune run changes kernel and router settings, which needs root: run it with sudo',
      EXIT.unsafe,
    );
  const result = await runScenario(scenario, options, io, systemClock);
  io.out(options.json ? `${JSON.stringify(result, null, 2)}\n` : renderReport(result, styleOf(io)));
  return statusOf(result, io.signal);
}

async function runScenario(
  scenario: Scenario,
  options: RunOptions,
  io: CommandIo,
  clock: Clock,
): Promise<Result> {
  const { id, dir, trialDir } = await createCampaignDir(options.out, scenario.name, clock.date());
  const journal = await openJournal(resolve(dir, 'journal.jsonl'), clock);
  const progress = createProgress(io, clock, { quiet: options.quiet });
  const emit = async (event: NewEvent): Promise<void> => {
    await journal.append(event);
    progress.onEvent({ at: clock.date().toISOString(), ...event } as CampaignEvent);
  };
  const machine = createLocalHost();
  const workDir = resolve(dir, 'router');
  const target = openTarget({ scenario, campaign: id, machine, workDir, clock, emit });
  const { safeguard } = target;
  try {
    const signal = AbortSignal.any([io.signal, safeguard.signal]);
    const bed = createLiveTestBed({
      scenario,
      openTarget: target.open,
      closeTarget: target.close,
      safeguard,
      trialDir,
      emit,
      clock,
      signal,
    });
    const result = await runCampaign({ id, scenario, bed, clock, emit, signal });
    await writeResult(dir, result);
    return result;
  } finally {
    progress.stop();
    await target.disconnect();
  }
}

export async function scenarioFrom(
  path: string,
  { budget, seed }: Pick<RunOptions, 'budget' | 'seed'>,
): Promise<Scenario> {
  const loaded = await loadScenario(path, CATALOGUE);
  if (loaded.state === 'invalid') throw new UserError(formatProblems(loaded.problems));
  return {
    ...loaded.scenario,
    ...(budget === undefined ? {} : { budgetMs: parseBudgetMs(budget) }),
    ...(seed === undefined ? {} : { seed }),
  };
}

function statusOf(result: Result, signal: AbortSignal): ExitStatus {
  if (signal.aborted) return EXIT.interrupted;
  if (result.verdict === 'aborted' || !result.restored) return EXIT.unsafe;
  return result.verdict === 'improved' ? EXIT.ok : EXIT.notProven;
}

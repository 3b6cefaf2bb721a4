// siptune run: one campaign over one scenario, from the file to the printed result.
import { resolve } from 'node:path';
import type { CampaignEvent, NewEvent } from '../campaign/events.ts';
import { isInterruption } from '../campaign/interruption.ts';
import { createLiveTestBed } from '../campaign/live-test-bed.ts';
import { openTarget } from '../campaign/open-target.ts';
import { type History, NO_HISTORY } from '../campaign/replay/history.ts';
import { runResumable } from '../campaign/replay/run-resumable.ts';
import { createSimulatedTestBed } from '../campaign/simulated-test-bed.ts';
import { type Clock, systemClock } from '../clock.ts';
import { EXIT, type ExitStatus, UserError } from '../errors.ts';
import { CATALOGUE } from '../knobs/catalogue.ts';
import { createProgress } from '../report/progress.ts';
import { renderReport } from '../report/terminal-report.ts';
import { formatProblems, loadScenario } from '../scenario/load-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { parseBudgetMs } from '../scenario/units.ts';
import { createVirtualClock } from '../sim/virtual-clock.ts';
import { openJournal } from '../store/journal.ts';
import type { Result } from '../store/result.ts';
import { type Campaign, createCampaignDir, writeResult } from '../store/result-store.ts';
import { writeScenario } from '../store/scenario-file.ts';
import { createLocalHost } from '../targets/local-host.ts';
import type { CommandIo } from './command-io.ts';
import { styleOf } from './report.ts';
import { budgetUntil, createDeadline, parseUntil } from './until.ts';

export interface RunOptions {
  readonly budget: string | undefined;
  readonly seed: number | undefined;
  /** Files of contenders besides the scenario's own. */
  readonly contender?: readonly string[];
  /** When the campaign must have ended; absent: no such time. */
  readonly until?: string | undefined;
  /** Searches also what does nothing on this target. */
  readonly keepInert?: boolean;
  readonly out: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

export async function run(scenarioPath: string, options: RunOptions, io: CommandIo): Promise<ExitStatus> {
  const until = options.until === undefined ? null : parseUntil(options.until, systemClock.date());
  const loaded = await scenarioFrom(scenarioPath, options, io);
  const wanted: Scenario = options.keepInert === true ? { ...loaded, keepInert: true } : loaded;
  const scenario =
    until === null
      ? wanted
      : { ...wanted, budgetMs: budgetUntil(until, systemClock.date(), wanted.budgetMs) };
  if (scenario.target.kind !== 'sim' && process.getuid?.() !== 0)
    throw new UserError(
      'siptune run changes kernel and router settings, which needs root: run it with sudo',
      EXIT.unsafe,
    );
  const campaign = await createCampaignDir(options.out, scenario.name, systemClock.date());
  await writeScenario(campaign.dir, scenario);
  const deadline = until === null ? null : createDeadline(until, systemClock);
  const signal = deadline === null ? io.signal : AbortSignal.any([io.signal, deadline.signal]);
  const result = await runScenario(scenario, campaign, options, { ...io, signal }, systemClock).finally(() =>
    deadline?.stop(),
  );
  io.out(options.json ? `${JSON.stringify(result, null, 2)}\n` : renderReport(result, styleOf(io)));
  return statusOf(result, io.signal);
}

/** With a history: goes on from it. */
export async function runScenario(
  scenario: Scenario,
  { id, dir, trialDir }: Campaign & { trialDir(n: number): string },
  options: { readonly quiet: boolean },
  io: CommandIo,
  clock: Clock,
  history: History = NO_HISTORY,
): Promise<Result> {
  const journal = await openJournal(resolve(dir, 'journal.jsonl'), clock);
  const { target: spec } = scenario;
  // A simulated campaign goes on at the virtual time at which it was interrupted.
  const virtual = spec.kind === 'sim' ? createVirtualClock(clock, history.steps.at(-1)?.endMs) : null;
  const progress = createProgress(io, virtual ?? clock, { quiet: options.quiet });
  const emit = async (event: NewEvent): Promise<void> => {
    await journal.append(event);
    progress.onEvent({ at: clock.date().toISOString(), ...event } as CampaignEvent);
  };
  const onPast = (event: NewEvent) => progress.recall(event as CampaignEvent);
  if (spec.kind === 'sim' && virtual !== null) {
    const { signal } = io;
    try {
      const bed = createSimulatedTestBed({ scenario, sim: spec, clock: virtual, emit, signal });
      const result = await runResumable({ id, scenario, bed, clock: virtual, emit, signal, history, onPast });
      await writeResult(dir, result);
      return result;
    } finally {
      progress.stop();
    }
  }
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
    const result = await runResumable({ id, scenario, bed, clock, emit, signal, history, onPast });
    await writeResult(dir, result);
    return result;
  } finally {
    progress.stop();
    await target.disconnect();
  }
}

export async function scenarioFrom(
  path: string,
  { budget, seed, contender = [] }: Pick<RunOptions, 'budget' | 'seed' | 'contender'>,
  io: Pick<CommandIo, 'err'>,
): Promise<Scenario> {
  const loaded = await loadScenario(path, CATALOGUE, { given: contender });
  if (loaded.state === 'invalid') throw new UserError(formatProblems(loaded.problems));
  for (const warning of loaded.warnings) io.err(`warning: ${formatProblems([warning])}\n`);
  return {
    ...loaded.scenario,
    ...(budget === undefined ? {} : { budgetMs: parseBudgetMs(budget) }),
    ...(seed === undefined ? {} : { seed }),
  };
}

export function statusOf(result: Result, signal: AbortSignal): ExitStatus {
  // Before everything else that could be said.
  if (!result.restored) return EXIT.unsafe;
  if (signal.aborted) return EXIT.interrupted;
  // Stopped at its time: restored, and without a verdict.
  if (isInterruption(result.reason)) return EXIT.notProven;
  if (result.verdict === 'aborted') return EXIT.unsafe;
  return result.verdict === 'improved' ? EXIT.ok : EXIT.notProven;
}

// siptune plan: what a campaign over a scenario would do, without doing any of it.
import { resolve } from 'node:path';
import { viewTarget } from '../campaign/view-target.ts';
import { systemClock } from '../clock.ts';
import { EXIT, type ExitStatus } from '../errors.ts';
import { buildPlan } from '../plan/build-plan.ts';
import { renderPlan } from '../report/plan-report.ts';
import { createLocalHost } from '../targets/local-host.ts';
import { withSystemPath } from '../targets/system-path.ts';
import type { CommandIo } from './command-io.ts';
import { styleOf } from './report.ts';
import { scenarioFrom } from './run.ts';

export interface PlanOptions {
  readonly budget: string | undefined;
  readonly seed: number | undefined;
  readonly out: string;
  readonly json: boolean;
}

/** Stands where the ID of a campaign that will run stands. */
const SOME_CAMPAIGN = 'CAMPAIGN';

export async function plan(scenarioPath: string, options: PlanOptions, io: CommandIo): Promise<ExitStatus> {
  const scenario = await scenarioFrom(scenarioPath, options);
  const workDir = resolve(options.out, SOME_CAMPAIGN, 'router');
  const view = await viewTarget(
    scenario,
    withSystemPath(createLocalHost(), io.env.PATH),
    workDir,
    systemClock,
  );
  const planned = await buildPlan(scenario, view);
  io.out(options.json ? `${JSON.stringify(planned, null, 2)}\n` : renderPlan(planned, styleOf(io)));
  return EXIT.ok;
}

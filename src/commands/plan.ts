// siptune plan: what a campaign over a scenario would do, without doing any of it.
import { resolve } from 'node:path';
import { viewTarget } from '../campaign/view-target.ts';
import { systemClock } from '../clock.ts';
import { EXIT, type ExitStatus } from '../errors.ts';
import { buildPlan } from '../plan/build-plan.ts';
import { planSimulation } from '../plan/plan-simulation.ts';
import { renderPlan } from '../report/plan-report.ts';
import type { CommandIo } from './command-io.ts';
import { openSides } from './open-sides.ts';
import { styleOf } from './report.ts';
import { scenarioFrom } from './run.ts';

export interface PlanOptions {
  readonly budget: string | undefined;
  readonly seed: number | undefined;
  readonly contender?: readonly string[];
  readonly out: string;
  readonly json: boolean;
}

/** Stands where the ID of a campaign that will run stands. */
const SOME_CAMPAIGN = 'CAMPAIGN';
/** As a campaign would make it there, with a name that nobody has yet. */
const REMOTE_WORK_DIR = '/run/siptune-router-XXXXXX';

export async function plan(scenarioPath: string, options: PlanOptions, io: CommandIo): Promise<ExitStatus> {
  const scenario = await scenarioFrom(scenarioPath, options, io);
  if (scenario.target.kind === 'sim') {
    const planned = planSimulation(scenario, scenario.target);
    io.out(options.json ? `${JSON.stringify(planned, null, 2)}\n` : renderPlan(planned, styleOf(io)));
    return EXIT.ok;
  }
  const { machine, here, others, close } = await openSides(scenario, io.env.PATH);
  try {
    const workDir = machine.remote ? REMOTE_WORK_DIR : resolve(options.out, SOME_CAMPAIGN, 'router');
    const view = await viewTarget(scenario, machine, workDir, systemClock, here, others);
    const planned = await buildPlan(scenario, view);
    io.out(options.json ? `${JSON.stringify(planned, null, 2)}\n` : renderPlan(planned, styleOf(io)));
    return EXIT.ok;
  } finally {
    await close();
  }
}

// siptune doctor: what is there, what is wrong, and whether a campaign could start. Writes nothing.
import { systemClock } from '../clock.ts';
import { examine } from '../doctor/examine.ts';
import { examineSimulation } from '../doctor/examine-simulation.ts';
import { createView } from '../doctor/view.ts';
import { EXIT, type ExitStatus } from '../errors.ts';
import { renderDiagnosis } from '../report/doctor-report.ts';
import type { CommandIo } from './command-io.ts';
import { openSides } from './open-sides.ts';
import { styleOf } from './report.ts';
import { scenarioFrom } from './run.ts';

export async function doctor(
  scenarioPath: string | undefined,
  { out, json }: { readonly out: string; readonly json: boolean },
  io: CommandIo,
): Promise<ExitStatus> {
  const scenario =
    scenarioPath === undefined
      ? null
      : await scenarioFrom(scenarioPath, { budget: undefined, seed: undefined }, io);
  if (scenario?.target.kind === 'sim') {
    const diagnosis = examineSimulation(scenario, scenario.target);
    io.out(json ? `${JSON.stringify(diagnosis, null, 2)}\n` : renderDiagnosis(diagnosis, styleOf(io)));
    return EXIT.ok;
  }
  const { machine, here, others, close } = await openSides(scenario, io.env.PATH);
  try {
    const view = createView({ scenario, machine, here, others, resultsDir: out, clock: systemClock });
    const diagnosis = await examine(view);
    io.out(json ? `${JSON.stringify(diagnosis, null, 2)}\n` : renderDiagnosis(diagnosis, styleOf(io)));
    return diagnosis.couldStart ? EXIT.ok : EXIT.unsafe;
  } finally {
    await close();
  }
}

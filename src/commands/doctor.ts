// siptune doctor: what is there, what is wrong, and whether a campaign could start. Writes nothing.
import { systemClock } from '../clock.ts';
import { examine } from '../doctor/examine.ts';
import { createView } from '../doctor/view.ts';
import { EXIT, type ExitStatus } from '../errors.ts';
import { renderDiagnosis } from '../report/doctor-report.ts';
import { createLocalHost } from '../targets/local-host.ts';
import { withSystemPath } from '../targets/system-path.ts';
import type { CommandIo } from './command-io.ts';
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
      : await scenarioFrom(scenarioPath, { budget: undefined, seed: undefined });
  const view = createView({
    scenario,
    machine: withSystemPath(createLocalHost(), io.env.PATH),
    resultsDir: out,
    clock: systemClock,
  });
  const diagnosis = await examine(view);
  io.out(json ? `${JSON.stringify(diagnosis, null, 2)}\n` : renderDiagnosis(diagnosis, styleOf(io)));
  return diagnosis.couldStart ? EXIT.ok : EXIT.unsafe;
}

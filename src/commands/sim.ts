// siptune sim: a simulated router that speaks JSON lines, for optimisers in any language.
import { EXIT, type ExitStatus } from '../errors.ts';
import { landscapeNamed } from '../sim/landscapes/index.ts';
import { BadLine, createSession } from '../sim/session.ts';
import type { CommandIo } from './command-io.ts';

export interface SimOptions {
  readonly seed: number;
  readonly noise: number;
  readonly truth: boolean;
}

export async function sim(landscape: string, options: SimOptions, io: CommandIo): Promise<ExitStatus> {
  const { seed, noise: noisePct, truth: withTruth } = options;
  const session = createSession(landscapeNamed(landscape), { seed, noisePct, withTruth });
  const say = (answer: object) => io.out(`${JSON.stringify(answer)}\n`);
  say(session.describe());
  if (withTruth) say(session.truth());
  let line = 0;
  let status: ExitStatus = EXIT.ok;
  for await (const text of io.lines()) {
    line += 1;
    if (text.trim() === '') continue;
    try {
      say(session.answer(text));
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      say({ simulated: true, line, error: `line ${line} ${error.message}` });
      status = EXIT.usage;
    }
  }
  return status;
}

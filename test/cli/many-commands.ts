// A program for tests: several command lines, one after the other, in one process, which saves starting it for each. stdin: a
// JSON list of lists of words; stdout: what came of each. The process around a command is process.test.ts's business.
import { text } from 'node:stream/consumers';
import { createProgram } from '../../src/commands/program.ts';
import { diskProblem, UserError } from '../../src/errors.ts';
import { plainText } from '../../src/report/plain-text.ts';
import { captureIo } from '../support/capture-io.ts';

const commands: readonly (readonly string[])[] = JSON.parse(await text(process.stdin));
const ended: { status: number | undefined; stdout: string; stderr: string }[] = [];
for (const words of commands) {
  const io = captureIo();
  let status: number | undefined;
  const program = createProgram('0', { writeOut: io.out, writeErr: io.err }, async ({ execute }) => {
    status = await execute(io);
  });
  try {
    await program.parseAsync(['node', 'siptune', ...words]);
  } catch (error) {
    const known = error instanceof UserError ? error : diskProblem(error);
    if (known === null) throw error;
    io.err(`${known.message.split('\n').map(plainText).join('\n')}\n`);
    status = known.exitStatus;
  }
  ended.push({ status, stdout: io.stdout(), stderr: io.stderr() });
}
process.stdout.write(JSON.stringify(ended));

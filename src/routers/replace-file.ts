// Replaces a file of the operator's at one stroke: a reader, or a crash, finds the old text or the new one, never a part.
import { EXIT, UserError } from '../errors.ts';
import type { Host } from '../targets/host.ts';

/** Owner and mode stay; a symbolic link stays one, and what it points to is replaced. */
export async function replaceFile(host: Host, path: string, text: string): Promise<void> {
  const must = async (...argv: string[]): Promise<string> => {
    const result = await host.run(argv);
    if (result.exitCode === 0) return result.stdout;
    throw new UserError(`${path} cannot be replaced on ${host.label}: ${result.stderr.trim()}`, EXIT.unsafe);
  };
  const file = (await must('realpath', '-e', '--', path)).replace(/\n$/, '');
  const next = `${file}.siptune-new`;
  try {
    await must('cp', '-p', '--', file, next);
    await host.writeFile(next, text);
    await must('sync', '--', next);
    await must('mv', '-f', '--', next, file);
  } catch (error) {
    await host.run(['rm', '-f', '--', next]);
    throw error;
  }
}

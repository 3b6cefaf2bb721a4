// Constant sh scripts that read or write many files in one command. Paths and texts reach them as positional arguments,
// contents come back as base64: a line for each file.
import type { FileWrite, FileWriteResult } from './host.ts';

/** Prints each file as "+" and its base64, or "-" where it cannot be read. */
const READ_FILES_SCRIPT =
  'for f in "$@"; do if [ -r "$f" ] && c=$(base64 -w0 < "$f" 2>/dev/null); then echo "+$c"; else echo "-"; fi; done';

/** tee writes a text in one piece, as /proc/sys wants it, and passes on the kernel's reason when it cannot. */
export const WRITE_FILES_SCRIPT = `while [ $# -gt 1 ]; do
  if why=$(printf %s "$2" | { tee -- "$1" >/dev/null; } 2>&1); then
    if c=$(base64 -w0 < "$1" 2>/dev/null); then echo "+$c"; else echo "?"; fi
  else echo "-$(printf %s "$why" | base64 -w0)"; fi
  shift 2
done`;

export function readFilesArgv(paths: readonly string[]): readonly string[] {
  return ['sh', '-c', READ_FILES_SCRIPT, 'sh', ...paths];
}

/** `stdout` of the command of readFilesArgv(). */
export function filesIn(stdout: string, paths: readonly string[]): ReadonlyMap<string, string | null> {
  const lines = stdout.split('\n');
  return new Map(
    paths.map((path, index) => {
      const line = lines[index] ?? '-';
      return [path, line.startsWith('+') ? decoded(line) : null];
    }),
  );
}

export function writeFilesArgv(writes: readonly FileWrite[]): readonly string[] {
  return ['sh', '-c', WRITE_FILES_SCRIPT, 'sh', ...writes.flatMap(({ path, text }) => [path, text])];
}

/** `stdout` of the command of writeFilesArgv(); `silence` is the reason for those that it did not get to. */
export function writeResultsIn(
  stdout: string,
  writes: readonly FileWrite[],
  silence: string,
): readonly FileWriteResult[] {
  const lines = stdout.split('\n');
  return writes.map(({ path }, index): FileWriteResult => {
    const line = lines[index] ?? '';
    if (line.startsWith('+')) return { state: 'written', readBack: decoded(line) };
    if (line === '?') return { state: 'written', readBack: null };
    const reason = line.startsWith('-') ? reasonOf(decoded(line), path) : silence.trim();
    return { state: 'failed', reason: reason || 'the reason is not known' };
  });
}

/** "tee: /proc/sys/x: Invalid argument" → "Invalid argument": whoever asks knows the path. */
function reasonOf(stderr: string, path: string): string {
  return stderr.trim().replace(`tee: ${path}: `, '');
}

function decoded(line: string): string {
  return Buffer.from(line.slice(1), 'base64').toString('utf8');
}

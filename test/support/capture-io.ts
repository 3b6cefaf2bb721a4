// The outside world of a command under test: what it said, by stream.
import type { CommandIo } from '../../src/commands/command-io.ts';

export interface CapturedIo extends CommandIo {
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** `input`: what it reads on stdin. */
export function captureIo(input: readonly string[] = []): CapturedIo {
  let stdout = '';
  let stderr = '';
  return {
    out: (text) => {
      stdout += text;
    },
    err: (text) => {
      stderr += text;
    },
    lines: async function* () {
      yield* input;
    },
    isTerminal: false,
    signal: new AbortController().signal,
    env: {},
    stdout: () => stdout,
    stderr: () => stderr,
  };
}

// How a command ended on the other machine, in the words of a host. A shell tells the end by a signal as 128 and its
// number; a program that ends with such a status of its own cannot be told apart.
import { constants } from 'node:os';
import type { CommandResult } from '../host.ts';
import { resultOf } from '../local-result.ts';
import { MISSING_FOLDER, MISSING_PROGRAM } from './command-text.ts';

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));
const TIMEOUT_STATUS = 124;
const KILLED_STATUS = 137;

export function resultOfStatus(status: number, stdout: string, stderr: string, file: string): CommandResult {
  if (status === 127 && stderr === `${MISSING_PROGRAM}${file}\n`)
    return { ...NEVER_STARTED, stderr: `${file}: not found`, notFound: true };
  if (status === 126 && stderr.startsWith(MISSING_FOLDER))
    return { ...NEVER_STARTED, stderr: `there is no folder ${stderr.slice(MISSING_FOLDER.length)}` };
  const signal = status > 128 ? SIGNALS.get(status - 128) : undefined;
  const exitCode = signal === undefined ? status : undefined;
  return resultOf({ exitCode, signal, stdout, stderr, timedOut: false }, file);
}

const NEVER_STARTED = {
  exitCode: undefined,
  signal: undefined,
  stdout: '',
  timedOut: false,
  notFound: false,
};

/** timeout(1) says 124, or is killed itself where SIGTERM was not enough. */
export function endedByTimeout(status: number, tookMs: number, timeoutMs: number): boolean {
  return (status === TIMEOUT_STATUS || status === KILLED_STATUS) && tookMs >= timeoutMs;
}

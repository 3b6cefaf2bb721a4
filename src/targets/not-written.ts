// A file on a machine that cannot be written: its disk is full, or the file is not there. No bug of siptune's.
import { EXIT, UserError } from '../errors.ts';

export function notWritten(path: string, label: string, why: string): UserError {
  return new UserError(`${path} cannot be written on ${label}: ${why || 'no answer'}`, EXIT.unsafe);
}

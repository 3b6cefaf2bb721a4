// The one error a user can mend. Everything else that is thrown is a bug and keeps its stack trace.

/** What siptune's exit status says; decided by the error's kind or the campaign's verdict. `bug`: siptune's own fault. */
export const EXIT = { ok: 0, notProven: 1, usage: 2, unsafe: 3, bug: 70, interrupted: 130 } as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** Fixable by the user: the message says what, the value seen, and what to do. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exitStatus: ExitStatus;

  constructor(message: string, exitStatus: ExitStatus = EXIT.usage) {
    super(message);
    this.exitStatus = exitStatus;
  }
}

/** A campaign can say no more what it does, and so does nothing more. */
export class CannotRecord extends UserError {
  constructor(message: string) {
    super(message, EXIT.unsafe);
  }
}

interface WriteProblem {
  readonly why: string;
  readonly todo: string;
  /** The disk's, not a slip of whoever named the place. */
  readonly ofDisk: boolean;
}

const ELSEWHERE = 'or name another place';
const slip = (why: string, todo: string): WriteProblem => ({ why, todo, ofDisk: false });
const disk = (why: string, todo: string): WriteProblem => ({ why, todo, ofDisk: true });
const NO_FOLDER = slip('a part of that path is a file where a folder should be', 'Name a folder');
const DENIED = slip('this user may not write there', `Use sudo, ${ELSEWHERE}`);

/** errno(3), as mkdir, open, write, fsync and rename give it. */
const WRITE_PROBLEMS: ReadonlyMap<string, WriteProblem> = new Map([
  ['ENOSPC', disk('no space is left there', `Make room, ${ELSEWHERE}`)],
  ['EDQUOT', disk('the quota there is used up', `Make room, ${ELSEWHERE}`)],
  ['EROFS', disk('the file system is read-only', `Mount it for writing, ${ELSEWHERE}`)],
  ['EIO', disk('the device fails', 'Name a place on another disk')],
  ['ENOTDIR', NO_FOLDER],
  ['EEXIST', NO_FOLDER],
  ['EISDIR', slip('it is a folder', 'Name a file')],
  [
    'ENOENT',
    slip('the folder for it does not exist, and cannot be made', 'Make it first, or name another one'),
  ],
  ['EACCES', DENIED],
  ['EPERM', DENIED],
  ['ENAMETOOLONG', slip('the name is too long', 'Name a shorter one')],
  ['ELOOP', slip('its links lead in a circle', 'Name another place')],
]);

/** Why something cannot be written, in words, and what to do: `no space is left there (ENOSPC)`. */
export function writeProblemOf(error: unknown): WriteProblem {
  const { code = '', message } = (error ?? {}) as NodeJS.ErrnoException;
  const known = WRITE_PROBLEMS.get(code);
  if (known === undefined) return disk(message ?? String(error), 'Name another place');
  return { ...known, why: `${known.why} (${code})` };
}

/** For a place that a command was given: one sentence on what, where, why, and one on what to do. */
export function cannotWrite(what: string, error: unknown): UserError {
  const { why, todo, ofDisk } = writeProblemOf(error);
  return new UserError(`${what} cannot be written: ${why}. ${todo}`, ofDisk ? EXIT.unsafe : EXIT.usage);
}

/** A disk is not siptune's to mend, whichever of its files met it first; null for every other error. */
export function diskProblem(error: unknown): UserError | null {
  const { code, path } = (error ?? {}) as NodeJS.ErrnoException;
  const isOfDisk = WRITE_PROBLEMS.get(code ?? '')?.ofDisk === true;
  return isOfDisk ? cannotWrite(path ?? 'a file', error) : null;
}

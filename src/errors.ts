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

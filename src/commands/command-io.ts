// What a command has of the outside world: three texts, a signal, the environment. process.ts alone knows the real one.

export interface CommandIo {
  /** Data, on stdout. */
  out(text: string): void;
  /** Progress and messages, on stderr. */
  err(text: string): void;
  /** stdin, line by line. */
  lines(): AsyncIterable<string>;
  /** stderr is a terminal: progress may redraw itself. */
  readonly isTerminal: boolean;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

// A host: somewhere commands run and files are read and written, optionally inside a network namespace.
// Commands are argument lists; nothing here ever passes through a shell.

export interface CommandResult {
  /** undefined when the process was ended by a signal or never started. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** The executable does not exist on this host. */
  readonly notFound: boolean;
}

export interface RunOptions {
  readonly input?: string;
  /** Default 15,000 ms: no probe of ours takes longer. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** CPU list for taskset(1), e.g. "1" or "0,2-3". */
  readonly cpus?: string;
  /** Files that receive the output (appended); without them the output is captured in the result. */
  readonly stdoutFile?: string;
  readonly stderrFile?: string;
}

/** A command that runs until it ends or is killed. It leads a process group of its own. */
export interface RunningCommand {
  readonly pid: number;
  /** Resolves (never rejects) when the process has ended. */
  readonly exited: Promise<CommandResult>;
  /** Signals the whole process group; harmless after the end. */
  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGUSR1' | 'SIGUSR2'): void;
}

export interface Host {
  /** For messages: "local" or "local, netns siptune-router". */
  readonly label: string;
  readonly netns: string | undefined;
  /** Runs to the end. A non-zero exit is a result, not an exception. */
  run(argv: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Rejects with a UserError when the executable does not exist. */
  spawn(argv: readonly string[], options?: SpawnOptions): Promise<RunningCommand>;
  /** One round trip for many files; null where a file is missing or unreadable. Reads /proc and /sys of the namespace. */
  readFiles(paths: readonly string[]): Promise<ReadonlyMap<string, string | null>>;
  /** Writes an existing or new file (also under /proc/sys and /sys); rejects with the kernel's reason. */
  writeFile(path: string, text: string): Promise<void>;
  /** The same machine, inside a network namespace. */
  inNetns(netns: string): Host;
}

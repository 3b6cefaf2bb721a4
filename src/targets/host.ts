// A host: somewhere commands run and files are read and written, optionally inside a network namespace.
// Commands are argument lists; no shell ever sees a value of one unquoted.

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
  /** What is left of its process group when it ends is killed; `swept` tells when that is done. */
  readonly sweepGroup?: boolean;
  /** On another machine, its process group is killed there as soon as the connection ends, however that comes about. */
  readonly endsWithLink?: boolean;
}

/** A command that runs until it ends or is killed. It leads a process group of its own. */
export interface RunningCommand {
  readonly pid: number;
  /** Resolves (never rejects) when the process has ended, or when the connection to its host is lost (stderr says so). */
  readonly exited: Promise<CommandResult>;
  /** With `sweepGroup`: nothing of its group is left (or nobody can know any more). Otherwise as `exited`. */
  readonly swept: Promise<void>;
  /** Signals the whole process group; harmless after the end. */
  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGUSR1' | 'SIGUSR2'): void;
}

export interface FileWrite {
  readonly path: string;
  readonly text: string;
}

export type FileWriteResult =
  /** `readBack` is what the file holds afterwards; null where it cannot be read. */
  | { readonly state: 'written'; readonly readBack: string | null }
  /** The kernel's reason. */
  | { readonly state: 'failed'; readonly reason: string };

export interface Host {
  /** For messages, and unlike that of any other host: "local", "local, netns siptune-router", "ssh://root@sip1". */
  readonly label: string;
  readonly netns: string | undefined;
  /** Another machine: each call is a round trip. */
  readonly remote: boolean;
  /** The same machine outside of any namespace; its files are read and written with the least effort. */
  readonly machine: Host;
  /** Runs to the end. A non-zero exit is a result, not an exception. */
  run(argv: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Rejects with a UserError when the executable does not exist. */
  spawn(argv: readonly string[], options?: SpawnOptions): Promise<RunningCommand>;
  /** One round trip for many files; null where a file is missing or unreadable. Reads /proc and /sys of the namespace. */
  readFiles(paths: readonly string[]): Promise<ReadonlyMap<string, string | null>>;
  /** Writes an existing or new file (also under /proc/sys and /sys); rejects with the kernel's reason. */
  writeFile(path: string, text: string): Promise<void>;
  /** Writes short texts (settings) in order and reads each back, in one round trip; goes on past what fails. */
  writeFiles(writes: readonly FileWrite[]): Promise<readonly FileWriteResult[]>;
  /** The same machine, inside a network namespace. */
  inNetns(netns: string): Host;
}

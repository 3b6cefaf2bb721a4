// A meter: something sampled around a trial. Each starts, samples at 1 Hz, stops, and leaves its raw samples in a file.

export interface MeterContext {
  /** Raw files go here as <meter>.json or <meter>.jsonl; exists. */
  readonly rawDir: string;
  /** PIDs to watch, by role; read at every sample, so that late processes are seen. */
  readonly processes: () => readonly {
    readonly pid: number;
    readonly role: string;
    /** Of several pairs of generators, from 1. */
    readonly pair?: number;
    /** The label of its machine, where it is on none that a campaign has without being told. */
    readonly on?: string;
  }[];
}

/** Numbers for the trial's record: flat, units in the names. */
export type MeterReport = Readonly<Record<string, number>>;

export interface Meter {
  readonly name: string;
  /** Watches the whole offer, warm-up and drain included, instead of its window. */
  readonly span?: 'offer';
  start(context: MeterContext): Promise<void>;
  /** Deltas and peaks since start; {} when nothing could be sampled (and `faults` says why). */
  stop(): Promise<Stopped>;
}

export interface Stopped {
  readonly report: MeterReport;
  readonly faults: readonly string[];
  /** Looks that the time called for, and how many of them are missing; absent for what is not sampled. */
  readonly samples?: { readonly expected: number; readonly missed: number };
}

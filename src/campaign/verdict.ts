// The verdict on a trial: whose limit was seen, and by which numbers.

/** What gives way first on a message's path, in that order. */
export const LIMITERS = [
  'qdisc',
  'softnet-backlog',
  'send-buffer',
  'time-squeeze',
  'socket-buffer',
  'worker-cpu',
  'shm',
  'pkg',
  'accept-queue',
  'conntrack',
  'nic',
  'delay',
  'unknown',
] as const;
export type Limiter = (typeof LIMITERS)[number];

export interface SetupMs {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface Carriage {
  readonly plannedCalls: number;
  /** Calls that completed on their first attempt, in time. */
  readonly goodCalls: number;
  /** Calls that completed at all, late or after something was sent again; the others may still hold the router's memory. */
  readonly completedCalls: number;
  readonly loss: number;
  /** Setup delays, ms; null when no call was answered. */
  readonly setupMs: SetupMs | null;
}

export type Verdict =
  | ({ readonly state: 'carried' } & Carriage)
  | ({ readonly state: 'overloaded'; readonly limiter: Limiter; readonly evidence: string } & Carriage)
  /** Not the router's fault: repeated, never scored. */
  | { readonly state: 'invalid'; readonly reason: string }
  /** A setting could not be applied, or the router did not start or died. */
  | { readonly state: 'failed'; readonly reason: string; readonly log: readonly string[] };

// Load: what drives the router. A generator offers planned calls and reports, without judging, what became of them.

/** Most calls, at once or in a second, that any offer has. A limit that was not found below it is a lower bound only. */
export const MOST_CALLS = 100_000;

export interface SteadyPlan {
  readonly shape: 'steady';
  readonly rateCps: number;
  /** Offered first and not counted. */
  readonly warmupMs: number;
  readonly windowMs: number;
  /** Of a share of a larger plan, where rate and time would be rounded to others; undefined: what these give. */
  readonly calls?: CallCounts | undefined;
}

export interface CallCounts {
  /** Calls of the warm-up. */
  readonly uncounted: number;
  readonly counted: number;
}

export interface BurstPlan {
  readonly shape: 'burst';
  /** Offered at once, far above capacity. */
  readonly calls: number;
  /** Calls per second that come all the while, before the burst and until it is worked off; undefined: the router is idle. */
  readonly baseRateCps?: number;
}

export type LoadPlan = SteadyPlan | BurstPlan;

/** Calls/s of a steady plan, calls at once of a burst. */
export function loadOf(plan: LoadPlan): number {
  return plan.shape === 'burst' ? plan.calls : plan.rateCps;
}

/** What the generators saw of the counted calls (those of the window, or the burst). */
export interface LoadReport {
  readonly plannedCalls: number;
  /** Calls that the generator really began; fewer than planned is the generator's fault. */
  readonly createdCalls: number;
  readonly successfulCalls: number;
  readonly failedCalls: number;
  /** Still open when the drain ended: neither succeeded nor failed. */
  readonly unfinishedCalls: number;
  /** Messages sent again by either end: each is a loss that UDP hid. */
  readonly retransmissions: number;
  /** From the first counted call to the last, ms: tells the achieved rate. */
  readonly offeredForMs: number;
  readonly achievedRateCps: number;
  /** Request → final response of the counted calls, ms, in order of arrival. */
  readonly setupDelaysMs: Float64Array;
  /** Messages that both ends sent to the router, warm-up and everything that was sent again included: never fewer than it got. */
  readonly sentAtMost: { readonly requests: number; readonly replies: number };
  /** Reasons why this load says nothing about the router (watchdog, send errors, socket drops); empty when sound. */
  readonly generatorFaults: readonly string[];
  /** Final responses other than 2xx that were seen, by status code. */
  readonly unexpectedResponses: Readonly<Record<string, number>>;
  /** siptune's wall clock at each of the delays, and at the first counted call: by these, reports of several generators are joined. */
  readonly delaysAtMs?: Float64Array;
  readonly beganAtMs?: number;
  /** Times that came from another machine's clock are at most this much off. */
  readonly clockUncertaintyMs?: number;
  /** Of a burst over a base rate: what became of either. All other numbers are of both together. */
  readonly parts?: { readonly burst: LoadReport; readonly base: LoadReport };
}

/** Processes of the generators, for the meters. */
export interface GeneratorProcess {
  readonly pid: number;
  readonly role: 'uac' | 'uas' | 'ua';
  /** Which of several pairs it belongs to, from 1; absent where there is one. */
  readonly pair?: number;
  /** The label of its machine, where that is another than siptune's. */
  readonly on?: string;
}

/** Which calls of a larger plan are one generator's: every `of`th, from the `index`th on. */
export interface LoadPart {
  readonly whole: LoadPlan;
  readonly index: number;
  readonly of: number;
}

export interface LoadContext {
  /** Where raw files go; exists. */
  readonly rawDir: string;
  /** Random arrivals differ from trial to trial, and are the same when a trial is repeated. */
  readonly trial?: number;
  /** Where several generators offer one plan; undefined: this one offers all of it. */
  readonly part?: LoadPart;
  /**
   * Waits, ready to begin, for those that begin at the same time, and says when that is, on the monotonic clock: no earlier
   * than after the time that each of them says it needs.
   */
  readonly together?: (leadMs?: number) => Promise<number>;
  readonly signal: AbortSignal;
  /** Called when the counted calls begin and when the last of them was offered. */
  readonly onWindow: (edge: 'begin' | 'end') => void;
  readonly onProcesses?: (processes: readonly GeneratorProcess[]) => void;
}

export interface CallLoad {
  /** Starts the answering side; call once before the first offer, and after every change of the router's address. */
  open(rawDir: string): Promise<void>;
  offer(plan: LoadPlan, context: LoadContext): Promise<LoadReport>;
  /** Ends every generator process; harmless when none runs. */
  close(): Promise<void>;
}

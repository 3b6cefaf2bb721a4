// The highest rate that one calling process reaches against one that answers, with nothing between them: what it does not
// reach here it reaches through no router.
import type { CallLoad, LoadReport, SteadyPlan } from './load.ts';

const FIRST_CPS = 250;
/** More is of no use: a router that takes as much has a machine of its own. */
const MOST_CPS = 64_000;
const STEP_UP = 2;
/** Between the last rate that was reached and the first that was not; this is for dimensioning, and a third is kept in hand. */
const PRECISION = 0.1;
const WARMUP_MS = 300;
const WINDOW_MS = 1_000;
/** A rate is not reached where this many attempts fail: a single one may be a hiccup of the machine. */
const ATTEMPTS = 2;

export interface LimitDeps {
  readonly load: CallLoad;
  readonly rawDir: string;
  readonly signal: AbortSignal;
  /** The search ends where this is reached. */
  readonly mostCps?: number;
}

/** null where not even the lowest rate is reached, or on an interrupt. */
export async function measureProcessLimit(deps: LimitDeps): Promise<number | null> {
  const { mostCps = MOST_CPS } = deps;
  let reached: number | null = null;
  let missed = Number.POSITIVE_INFINITY;
  await deps.load.open(deps.rawDir);
  while (!deps.signal.aborted && missed > (reached ?? 0) * (1 + PRECISION)) {
    const rateCps = nextRate(reached, missed, mostCps);
    if (await isReached(rateCps, deps)) reached = rateCps;
    else missed = rateCps;
    if (reached === null || reached >= mostCps) break;
  }
  return deps.signal.aborted ? null : reached;
}

/** Up in leaps, then halving what is left. */
function nextRate(reached: number | null, missed: number, mostCps: number): number {
  if (reached === null) return FIRST_CPS;
  return Math.round(
    missed === Number.POSITIVE_INFINITY ? Math.min(mostCps, reached * STEP_UP) : Math.sqrt(reached * missed),
  );
}

async function isReached(rateCps: number, { load, rawDir, signal }: LimitDeps): Promise<boolean> {
  const plan: SteadyPlan = { shape: 'steady', rateCps, warmupMs: WARMUP_MS, windowMs: WINDOW_MS };
  for (let attempt = 1; attempt <= ATTEMPTS && !signal.aborted; attempt += 1)
    if (isWhole(await load.offer(plan, { rawDir, signal, onWindow: () => {} }))) return true;
  return false;
}

function isWhole(report: LoadReport): boolean {
  return (
    report.generatorFaults.length === 0 &&
    report.successfulCalls === report.plannedCalls &&
    report.retransmissions === 0
  );
}

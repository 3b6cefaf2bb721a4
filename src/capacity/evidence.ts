// What a trial is judged by: what was asked for, what the load saw of it, and what the meters did.
import type { LoadPlan, LoadReport } from '../load/load.ts';
import type { MeterReport } from '../meters/meter.ts';

export interface TrialEvidence {
  readonly plan: LoadPlan;
  readonly load: LoadReport;
  readonly meters: Readonly<Record<string, MeterReport>>;
  /** CPU numbers of the router, to tell a saturated core. */
  readonly routerCpus: readonly number[];
  /** CPU numbers of the generators, where they are on the router's machine. */
  readonly loadCpus?: readonly number[];
}

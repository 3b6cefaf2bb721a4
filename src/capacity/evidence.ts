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
  /** The same of those on siptune's machine, where that is another. */
  readonly generatorCpus?: readonly number[];
  /** Further machines with generators. */
  readonly otherMachines?: readonly GeneratorsElsewhere[];
}

export interface GeneratorsElsewhere {
  readonly label: string;
  /** Which of the pairs run there, from 1. */
  readonly pairs: readonly number[];
  readonly cpus: readonly number[];
  /** The meter of its CPUs' ticks; undefined: another one watches them. */
  readonly ticks?: string;
  /** The meter of other processes on them; undefined: another one watches them. */
  readonly rivals?: string;
}

// One row for each landscape, noise and sampler: how long it takes, and what is missing when the usual time is up.
import { percentile } from '../../../src/stats/percentiles.ts';
import { plainTable } from '../plain-table.ts';
import type { Once } from './search-once.ts';

export interface Row {
  readonly landscape: string;
  readonly noisePct: number;
  readonly sampler: string;
  readonly default: boolean;
  readonly seeds: number;
  /** Of the search; null: so many never get there within the longest search. */
  readonly medianSecondsTo5Pct: number | null;
  readonly p90SecondsTo5Pct: number | null;
  /** Mean over the seeds, at the default budget. */
  readonly regretPct: number;
}

export function rowOf(
  about: Pick<Row, 'landscape' | 'noisePct' | 'sampler' | 'default'>,
  searches: readonly Once[],
): Row {
  // One that never gets there is the worst of all.
  const seconds = Float64Array.from(
    searches,
    ({ secondsTo5Pct }) => secondsTo5Pct ?? Number.POSITIVE_INFINITY,
  );
  return {
    ...about,
    seeds: searches.length,
    medianSecondsTo5Pct: finite(percentile(seconds, 0.5)),
    p90SecondsTo5Pct: finite(percentile(seconds, 0.9)),
    regretPct: rounded(searches.reduce((sum, { regretPct }) => sum + regretPct, 0) / searches.length),
  };
}

export function renderTable(rows: readonly Row[], mostSeconds: number): string {
  const head = ['landscape', 'noise', 'sampler', 'median s', 'p90 s', 'regret'];
  const seconds = (value: number | null) => (value === null ? `> ${mostSeconds}` : value.toFixed(0));
  const cells = rows.map((row) => [
    row.landscape,
    `${row.noisePct} %`,
    row.default ? `${row.sampler} (default)` : row.sampler,
    seconds(row.medianSecondsTo5Pct),
    seconds(row.p90SecondsTo5Pct),
    `${row.regretPct.toFixed(1)} %`,
  ]);
  return plainTable(head, cells, [0, 2]);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? rounded(value) : null;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

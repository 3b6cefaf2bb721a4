// One row for each method and noise: how far off it is, how often on the wrong side, and what it costs.
import { percentile } from '../../../src/stats/percentiles.ts';
import { plainTable } from '../plain-table.ts';
import type { Found } from './methods.ts';

export interface Row {
  readonly method: string;
  readonly noisePct: number;
  readonly seeds: number;
  readonly medianErrorPct: number;
  readonly p95ErrorPct: number;
  /** Answers above the truth by more than the width goal. */
  readonly optimisticPct: number;
  /** Mean of the trials' time, windows and all. */
  readonly trialSeconds: number;
}

export function rowOf(method: string, noisePct: number, found: readonly Found[], width: number): Row {
  const errors = Float64Array.from(found, ({ error }) => Math.abs(error) * 100);
  const optimistic = found.filter(({ error }) => error > width).length;
  return {
    method,
    noisePct,
    seeds: found.length,
    medianErrorPct: rounded(percentile(errors, 0.5)),
    p95ErrorPct: rounded(percentile(errors, 0.95)),
    optimisticPct: rounded((optimistic / found.length) * 100),
    trialSeconds: rounded(found.reduce((sum, { seconds }) => sum + seconds, 0) / found.length),
  };
}

export function renderTable(rows: readonly Row[], width: number): string {
  const head = [
    'noise',
    'method',
    'median error',
    'p95 error',
    `above by > ${width * 100} %`,
    'trial seconds',
  ];
  const cells = rows.map((row) => [
    `${row.noisePct} %`,
    row.method,
    `${row.medianErrorPct.toFixed(2)} %`,
    `${row.p95ErrorPct.toFixed(1)} %`,
    `${row.optimisticPct.toFixed(1)} %`,
    row.trialSeconds.toFixed(0),
  ]);
  return `Simulated routers of known capacity, ${rows[0]?.seeds ?? 0} for each noise.\n\n${plainTable(head, cells, [1])}`;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

// One row for each landscape and noise: how often an improvement is claimed, and how true the claims are.
import { mean } from 'simple-statistics';
import { plainTable } from '../plain-table.ts';
import type { Seen } from './campaign.ts';

export interface Row {
  readonly landscape: string;
  readonly noisePct: number;
  readonly campaigns: number;
  readonly improvedPct: number;
  /** Of the declared winners: those that truly carry more than `current`. Null without any. */
  readonly trulyBetterPct: number | null;
  /** By how much the true ratio of a declared winner falls short of the claimed one, on average; null without any. */
  readonly shortfallPct: number | null;
  /** Of all proofs, also those that proved nothing: those whose 95 % interval holds the true ratio. Null without any. */
  readonly coveragePct: number | null;
  /** Proofs behind the coverage. */
  readonly proofs: number;
  readonly pairs: number | null;
  /** Settings of the declared winners, on average. */
  readonly settings: number | null;
}

export function rowsOf(seen: readonly Seen[]): readonly Row[] {
  const groups = new Map<string, Seen[]>();
  for (const one of seen) {
    const key = `${one.landscape} ${one.noisePct}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map(rowOf).sort(order);
}

function order(a: Row, b: Row): number {
  return a.landscape === b.landscape ? a.noisePct - b.noisePct : a.landscape < b.landscape ? -1 : 1;
}

function rowOf(seen: readonly Seen[]): Row {
  const [{ landscape, noisePct } = { landscape: '', noisePct: 0 }] = seen;
  const winners = seen.filter(({ verdict }) => verdict === 'improved');
  const proofs = seen.flatMap(({ claimed, truth, pairs }) =>
    claimed && truth !== null ? [{ claimed, truth, pairs }] : [],
  );
  const won = winners.flatMap(({ claimed, truth }) =>
    claimed && truth !== null ? [{ claimed, truth }] : [],
  );
  return {
    ...{ landscape, noisePct, campaigns: seen.length, proofs: proofs.length },
    improvedPct: pct(winners.length / seen.length),
    trulyBetterPct: meanOf(won, ({ truth }) => pct(truth > 1 ? 1 : 0)),
    shortfallPct: meanOf(won, ({ claimed, truth }) => pct(claimed.estimate / truth - 1)),
    coveragePct: meanOf(proofs, ({ claimed: { low, high }, truth }) =>
      pct(low <= truth && truth <= high ? 1 : 0),
    ),
    pairs: meanOf(proofs, ({ pairs }) => pairs),
    settings: meanOf(winners, ({ settings }) => settings ?? 0),
  };
}

function meanOf<T>(items: readonly T[], value: (item: T) => number): number | null {
  return items.length === 0 ? null : Math.round(mean(items.map(value)) * 100) / 100;
}

function pct(share: number): number {
  return Math.round(share * 10_000) / 100;
}

const HEAD = [
  'landscape',
  'noise',
  'campaigns',
  'improved',
  'truly better',
  'claimed above truth',
  'proofs',
  'interval holds the truth',
  'pairs',
  'settings',
];

export function renderTable(rows: readonly Row[]): string {
  const share = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} %`);
  const number = (value: number | null) => (value === null ? '–' : value.toFixed(1));
  const cells = rows.map((row) => [
    row.landscape,
    `${row.noisePct} %`,
    String(row.campaigns),
    share(row.improvedPct),
    share(row.trulyBetterPct),
    share(row.shortfallPct),
    String(row.proofs),
    share(row.coveragePct),
    number(row.pairs),
    number(row.settings),
  ]);
  return plainTable(HEAD, cells, [0]);
}

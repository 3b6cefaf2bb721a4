// The suite's result: one line for each kind of fault, and what was lost, by name.
import type { Kind } from './options.ts';

export interface Outcome {
  readonly kind: Kind;
  /** In which it struck, by the journal. */
  readonly phase: string;
  /** Settings that were not back in time, what was left behind, or what siptune did wrong; empty: all is well. */
  readonly lost: readonly string[];
  readonly restoredAfterS: number | null;
  /** Whether anything was to be put back when the fault struck. */
  readonly changed: boolean;
}

/** One line of the file that runs add up in. */
export function rowOf({ kind, phase, restoredAfterS, changed, lost }: Outcome): string {
  return `${JSON.stringify({ kind, phase, restoredAfterS, changed, lost })}\n`;
}

const HEAD = ['fault', 'count', 'while changed', 'restored', 'lost', 'slowest restore'] as const;

export function renderTable(outcomes: readonly Outcome[]): string {
  const kinds = [...new Set(outcomes.map(({ kind }) => kind))];
  const rows = kinds.map((kind) => {
    const all = outcomes.filter((outcome) => outcome.kind === kind);
    const lost = all.filter((outcome) => outcome.lost.length > 0);
    const times = all.flatMap(({ restoredAfterS }) => restoredAfterS ?? []);
    const slowest = times.length === 0 ? '–' : `${Math.max(...times).toFixed(1)} s`;
    const changed = all.filter((outcome) => outcome.changed);
    return [
      kind,
      ...[all, changed].map(({ length }) => String(length)),
      String(all.length - lost.length),
      String(lost.length),
      slowest,
    ];
  });
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const phases = [...new Set(outcomes.map(({ phase }) => phase))].map(
    (phase) => `${phase} ${outcomes.filter((outcome) => outcome.phase === phase).length}`,
  );
  const losses = outcomes.filter(({ lost }) => lost.length > 0);
  return [
    line(HEAD),
    ...rows.map(line),
    '',
    `moments: ${phases.join(', ')}`,
    ...losses.map(({ kind, phase, lost }) => `LOST after ${kind} in ${phase}: ${lost.join('; ')}`),
    losses.length === 0 ? 'nothing was lost' : `${losses.length} of ${outcomes.length} faults lost something`,
    '',
  ].join('\n');
}

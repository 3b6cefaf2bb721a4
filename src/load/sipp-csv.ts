// SIPp's statistics file (-trace_stat): read by header, because columns differ between versions and scenarios.

/** One snapshot of SIPp's cumulative counters. */
export interface SippSnapshot {
  /** Wall clock, ms since the epoch, to the microsecond. */
  readonly atMs: number;
  /** By column name without "(C)": "TotalCallCreated", "Retransmissions", and the scenario's own counters. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Reads rows as they are written: feed it the text that was appended, in any pieces. */
export interface SippCsvReader {
  feed(text: string): void;
  readonly rows: readonly SippSnapshot[];
}

interface Layout {
  readonly timeColumn: number;
  readonly columns: readonly (readonly [index: number, name: string])[];
}

export function createSippCsvReader(): SippCsvReader {
  const rows: SippSnapshot[] = [];
  let layout: Layout | undefined;
  let pending = '';
  return {
    rows,
    feed(text) {
      const lines = (pending + text).split('\n');
      // The last line is not complete until its newline has been written.
      pending = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') continue;
        if (layout === undefined) layout = layoutOf(line);
        else {
          const row = readRow(line, layout);
          if (row !== null) rows.push(row);
        }
      }
    },
  };
}

export function parseSippCsv(text: string): readonly SippSnapshot[] {
  const reader = createSippCsvReader();
  reader.feed(text.endsWith('\n') ? text : `${text}\n`);
  return reader.rows;
}

/** Cumulative counters only: "(P)" columns are since the last row, times and repartitions are not counters. */
function layoutOf(header: string): Layout {
  const names = header.split(';');
  const timeColumn = names.indexOf('CurrentTime');
  if (timeColumn === -1)
    throw new Error(`not a SIPp statistics file: no CurrentTime in "${header.slice(0, 60)}"`);
  const columns = names
    .map((name, index) => [index, name] as const)
    .filter(
      ([, name]) =>
        (name.endsWith('(C)') && !/^(ElapsedTime|ResponseTime|CallLength)/.test(name)) ||
        name === 'TotalCallCreated' ||
        name === 'CurrentCall',
    )
    .map(([index, name]) => [index, name.replace(/\(C\)$/, '')] as const);
  return { timeColumn, columns };
}

function readRow(line: string, { timeColumn, columns }: Layout): SippSnapshot | null {
  const fields = line.split(';');
  const atMs = parseSippTime(fields[timeColumn] ?? '');
  if (atMs === null) return null;
  const counters: Record<string, number> = {};
  for (const [index, name] of columns) {
    const value = Number(fields[index]);
    if (fields[index] === undefined || Number.isNaN(value)) return null;
    counters[name] = value;
  }
  return { atMs, counters };
}

/**
 * Three columns inside one by default (local date, time, then seconds since the epoch, separated by tabs);
 * SIPp 3.7 with -rfc3339 writes "2026-11-24T14:37:22.778452+01:00".
 */
export function parseSippTime(field: string): number | null {
  const epochSeconds = field.split('\t')[2];
  if (epochSeconds !== undefined) {
    const seconds = Number(epochSeconds);
    return Number.isFinite(seconds) && epochSeconds !== '' ? seconds * 1000 : null;
  }
  const match = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)\.(\d{6})(.*)$/.exec(field);
  if (match === null) return null;
  // Date.parse keeps milliseconds only: the fraction is added by hand.
  const wholeMs = Date.parse(
    `${match[1]}${(match[3] ?? '').replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2')}`.replace(' ', 'T'),
  );
  return Number.isNaN(wholeMs) ? null : wholeMs + Number(match[2]) / 1000;
}

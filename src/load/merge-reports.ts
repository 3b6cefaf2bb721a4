// The reports of several generators that worked at the same time, as one.
import type { LoadReport } from './load.ts';

export interface NamedReport {
  /** undefined where its faults need no name. */
  readonly name: string | undefined;
  readonly report: LoadReport;
}

export function mergeReports(named: readonly NamedReport[]): LoadReport {
  const reports = named.map(({ report }) => report);
  const sum = (of: (report: LoadReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  const uncertain = reports.flatMap(({ clockUncertaintyMs }) => clockUncertaintyMs ?? []);
  const began = reports.flatMap(({ beganAtMs }) => beganAtMs ?? []);
  return {
    plannedCalls: sum(({ plannedCalls }) => plannedCalls),
    createdCalls: sum(({ createdCalls }) => createdCalls),
    successfulCalls: sum(({ successfulCalls }) => successfulCalls),
    failedCalls: sum(({ failedCalls }) => failedCalls),
    unfinishedCalls: sum(({ unfinishedCalls }) => unfinishedCalls),
    retransmissions: sum(({ retransmissions }) => retransmissions),
    offeredForMs: Math.max(...reports.map(({ offeredForMs }) => offeredForMs)),
    achievedRateCps: sum(({ achievedRateCps }) => achievedRateCps),
    ...mergeDelays(reports),
    sentAtMost: {
      requests: sum(({ sentAtMost }) => sentAtMost.requests),
      replies: sum(({ sentAtMost }) => sentAtMost.replies),
    },
    generatorFaults: named.flatMap(({ name, report }) =>
      report.generatorFaults.map((fault) => (name === undefined ? fault : `${name}: ${fault}`)),
    ),
    unexpectedResponses: sumByKey(reports.map(({ unexpectedResponses }) => unexpectedResponses)),
    ...(began.length > 0 ? { beganAtMs: Math.min(...began) } : {}),
    ...(uncertain.length > 0 ? { clockUncertaintyMs: Math.max(...uncertain) } : {}),
  };
}

/** In order of time, for a delay that climbs over the window tells an overload. Without times: one report after the other. */
function mergeDelays(reports: readonly LoadReport[]): Pick<LoadReport, 'setupDelaysMs' | 'delaysAtMs'> {
  const delays = joined(reports.map(({ setupDelaysMs }) => setupDelaysMs));
  const times = joined(reports.map(({ delaysAtMs }) => delaysAtMs ?? new Float64Array()));
  if (times.length !== delays.length) return { setupDelaysMs: delays };
  const order = Uint32Array.from(delays, (_, index) => index).sort(
    (a, b) => (times[a] ?? 0) - (times[b] ?? 0),
  );
  return {
    setupDelaysMs: Float64Array.from(order, (index) => delays[index] ?? 0),
    delaysAtMs: Float64Array.from(order, (index) => times[index] ?? 0),
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function sumByKey(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const counts of all)
    for (const [key, count] of Object.entries(counts)) total[key] = (total[key] ?? 0) + count;
  return total;
}

// SIPp's file of unexpected responses (-trace_error_codes): per report "time;elapsed;500,503,". No header.
import { parseSippTime } from './sipp-csv.ts';

/** How often each status code was seen in reports later than `sinceMs` (wall clock). */
export function countUnexpectedResponses(text: string, sinceMs: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [time = '', , codes = ''] = line.split(';');
    const atMs = parseSippTime(time);
    if (atMs === null || atMs <= sinceMs) continue;
    for (const code of codes.split(',')) if (/^[3-6]\d\d$/.test(code)) counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

// SIPp's response-time samples (-trace_rtt): one line per sample, "Date_ms;response_time_ms;name".
// SIPp writes them in blocks of -rtt_freq and forgets the last, partial block when it ends: only -rtt_freq 1 keeps all.
// Its clock is the kernel's coarse one, so a sample is exact to one tick (4 ms at 250 Hz).

const NEWLINE = 10;
const SEMICOLON = 59;

export interface RttSamples {
  readonly delaysMs: Float64Array;
  /** When each response came, ms since this SIPp began. */
  readonly atMs: Float64Array;
}

/** The samples of one response time in the order of arrival. Reads bytes: a long trial has 100,000 lines. */
export function parseSippRtt(file: Uint8Array, name: string): RttSamples {
  const wanted = Buffer.from(name, 'latin1');
  const text = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const lines = countLines(text);
  const [delaysMs, atMs] = [new Float64Array(lines), new Float64Array(lines)];
  let count = 0;
  let start = text.indexOf(NEWLINE) + 1;
  // A line without its newline was cut short by the end of the process.
  for (let end = text.indexOf(NEWLINE, start); end !== -1; end = text.indexOf(NEWLINE, start)) {
    const first = text.indexOf(SEMICOLON, start);
    const second = text.indexOf(SEMICOLON, first + 1);
    if (first !== -1 && second > first && second < end && isName(text, second + 1, end, wanted)) {
      const value = Number(text.toString('latin1', first + 1, second));
      if (Number.isFinite(value)) {
        delaysMs[count] = value;
        atMs[count++] = Number(text.toString('latin1', start, first));
      }
    }
    start = end + 1;
  }
  return { delaysMs: delaysMs.slice(0, count), atMs: atMs.slice(0, count) };
}

function countLines(text: Buffer): number {
  let lines = 0;
  for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

function isName(text: Buffer, start: number, end: number, wanted: Buffer): boolean {
  return end - start === wanted.length && text.compare(wanted, 0, wanted.length, start, end) === 0;
}

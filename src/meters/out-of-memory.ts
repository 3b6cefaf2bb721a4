// What routers write to their log when a pool of memory is used up. Such a router answers 500 or nothing, which looks like
// a limit of its speed until the log is read.

const PATTERNS: readonly RegExp[] = [
  // "out of mem", "out of pkg. mem", "out of pkg_memory", "out of shared memory"
  /\bout of (?:[\w.]+[ _])*mem/i,
  // "no more shm", "no more pkg memory", "no more free memory"
  /\bno more (?:free )?(?:shm|pkg|mem|share|private)/i,
  // "no shm memory left", "no private memory left"
  /\bno (?:shm|pkg|shared|private) mem/i,
  // OpenSIPS: "not enough free shm memory (1024 bytes left, need 2048), …"; without the warning that only announces an
  // attempt to defragment, because that attempt may succeed.
  /\bnot enough (?!contiguous)(?:\w+ )*mem/i,
  // Kamailio: "could not allocate shared memory from shm pool"
  /\bcould not allocate (?:shared|private) memory/i,
];

/** One message counts once, however many patterns it meets. */
export function countOutOfMemory(lines: readonly string[]): number {
  return lines.filter((line) => PATTERNS.some((pattern) => pattern.test(line))).length;
}

/** The lines that follow `mark` (the end of the log as it was) in `tail`; all of them when the mark has scrolled out. */
export function linesAfter(mark: readonly string[], tail: readonly string[]): readonly string[] {
  if (mark.length === 0) return tail;
  for (let end = tail.length; end >= mark.length; end--)
    if (mark.every((line, index) => tail[end - mark.length + index] === line)) return tail.slice(end);
  return tail;
}

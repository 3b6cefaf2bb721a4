// Reads that are asked for in the same moment share one round trip: a dozen meters look every second at the same time.

type Files = ReadonlyMap<string, string | null>;

/** Timers of one second that were set one after the other come due within this time. */
const MOMENT_MS = 3;

export function batched(
  read: (paths: readonly string[]) => Promise<Files>,
): (paths: readonly string[]) => Promise<Files> {
  let wanted: Set<string> | undefined;
  let batch: Promise<Files> | undefined;
  return async (paths) => {
    if (paths.length === 0) return new Map();
    wanted ??= new Set();
    for (const path of paths) wanted.add(path);
    batch ??= new Promise((resolve) => setTimeout(resolve, MOMENT_MS)).then(() => {
      const all = [...(wanted ?? [])];
      wanted = undefined;
      batch = undefined;
      return read(all);
    });
    const texts = await batch;
    return new Map(paths.map((path) => [path, texts.get(path) ?? null]));
  };
}

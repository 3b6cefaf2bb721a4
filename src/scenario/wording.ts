// Words for messages: how a value is shown, what was probably meant, what would have been allowed.

const LONGEST_SHOWN = 60;
const LONGEST_PATH = 300;
/** Beyond this many edits a suggestion is a guess. */
const MOST_EDITS = 3;

/** A value as a person wrote it; never more than a line, never its whole content. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return JSON.stringify(shortened(value));
  return shortened(String(value));
}

/** A path is of use only as a whole, as long as it can be a path. */
export function shortPath(path: string): string {
  return path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH)}…` : path;
}

/** `; did you mean "x"?`, or nothing when no name is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const nearest = nearestOf(name, known);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

/** The known name that is fewest edits away, or one that ends in what was given ("rmem_max"). */
export function nearestOf(name: string, known: readonly string[]): string | undefined {
  if (name.length < 2 || name.length > LONGEST_SHOWN) return undefined;
  const wanted = name.toLowerCase();
  const tail = known.find((one) => one.endsWith(`.${wanted}`) || wanted.endsWith(`.${one}`));
  if (tail !== undefined) return tail;
  const most = Math.min(MOST_EDITS, Math.floor(wanted.length / 2));
  const ranked = known
    .map((one) => ({ one, edits: editDistance(wanted, one.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= most ? best.one : undefined;
}

function shortened(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/** Levenshtein, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

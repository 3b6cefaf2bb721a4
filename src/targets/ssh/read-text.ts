// Many files in one round trip and one process: cat(1) puts the agent's mark in front of each.
import { quoteAll } from '../shell-quote.ts';
import { inside } from './command-text.ts';

/** Positional parameters: the agent's folder, paths. Says which can be read ("+" or "-" each), then what is in those. */
const READ_SCRIPT = [
  'd=$1; shift; n=$#; flags=;',
  'for f do if [ -f "$f" ] && [ -r "$f" ];',
  'then flags=$flags+; set -- "$@" "$d/mark" "$f"; else flags=$flags-; fi; done;',
  'shift "$n"; printf "%s\\n" "$flags";',
  'if [ $# -gt 0 ]; then cat -- "$@"; fi',
].join(' ');

export function readText(paths: readonly string[], netns: string | undefined): string {
  return netns === undefined
    ? `go() { set -- "$dir" ${quoteAll(paths)}; ${READ_SCRIPT}; }`
    : `go() { ${quoteAll([...inside(netns), 'sh', '-c', READ_SCRIPT, 'sh'])} "$dir" ${quoteAll(paths)}; }`;
}

export interface FilesRead {
  readonly texts: ReadonlyMap<string, string | null>;
  /** Either empty or not to be read: cat met an error somewhere, and cannot tell where. */
  readonly uncertain: readonly string[];
}

export function filesInAnswer(
  answer: Buffer,
  catStatus: number,
  paths: readonly string[],
  mark: string,
): FilesRead {
  const end = answer.indexOf('\n');
  const flags = answer.subarray(0, Math.max(0, end)).toString('latin1');
  const separator = Buffer.from(`${mark}\n`);
  const texts = new Map<string, string | null>();
  const uncertain: string[] = [];
  let at = answer.indexOf(separator, end);
  for (const [index, path] of paths.entries()) {
    if (flags[index] !== '+' || at < 0) {
      texts.set(path, null);
      continue;
    }
    const start = at + separator.length;
    const next = answer.indexOf(separator, start);
    const text = answer.subarray(start, next < 0 ? answer.length : next).toString('utf8');
    if (text === '' && catStatus !== 0) uncertain.push(path);
    texts.set(path, text);
    at = next;
  }
  return { texts, uncertain };
}

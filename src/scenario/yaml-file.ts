// Reads a YAML file that a person wrote, and remembers where everything stands in it.
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Finding, ScenarioProblem } from './problems.ts';
import { placesIn, readText } from './text-file.ts';

/** Enough for reuse by hand; a bomb of anchors needs many more. */
/** A parser that has lost its way goes on complaining: what comes after these follows from them. */
const MOST_COMPLAINTS = 20;
const MOST_ALIASES = 20;

export type YamlFile =
  | {
      readonly state: 'read';
      /** Plain data: mappings, lists, text, numbers, booleans, null. */
      readonly data: unknown;
      readonly problemOf: (finding: Finding) => ScenarioProblem;
    }
  | { readonly state: 'unreadable'; readonly problems: readonly ScenarioProblem[] };

/** `missing` says what to do when there is no such file. */
export async function readYamlFile(file: string, missing: string): Promise<YamlFile> {
  const read = await readText(file, missing, 'YAML');
  if (read.state === 'unreadable') return unreadable(file, read.message);
  return parseYaml(file, read.text);
}

export function parseYaml(file: string, text: string): YamlFile {
  const placeAt = placesIn(text);
  const problemAt = (offset: number, message: string): ScenarioProblem => ({
    file,
    ...placeAt(offset),
    message,
  });
  let document: Document;
  try {
    document = parseDocument(text, {
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: true,
    });
  } catch (error) {
    // The parser recurses, so that thousands of nested brackets exhaust the stack.
    if (error instanceof RangeError) return unreadable(file, 'is nested too deeply to be a scenario');
    throw error;
  }
  // A tag that YAML does not know is only a warning there, but its value would not be what was meant.
  const complaints = [...document.errors, ...document.warnings];
  if (complaints.length > 0)
    return {
      state: 'unreadable',
      problems: complaints
        .slice(0, MOST_COMPLAINTS)
        .map(({ pos, code, message }) =>
          problemAt(code === 'DUPLICATE_KEY' ? nextWord(text, pos[0]) : pos[0], plainWords(code, message)),
        ),
    };
  const data = plainData(document);
  if (data.state === 'invalid') return unreadable(file, data.message);
  if (data.value === null) return unreadable(file, 'is empty: there is no key in it');
  return {
    state: 'read',
    data: data.value,
    problemOf: ({ path, at, message }) => problemAt(offsetOf(document, path, at), message),
  };
}

function unreadable(file: string, message: string): YamlFile {
  return { state: 'unreadable', problems: [{ file, line: 1, column: 1, message: `the file ${message}` }] };
}

function plainData(
  document: Document,
):
  | { readonly state: 'valid'; readonly value: unknown }
  | { readonly state: 'invalid'; readonly message: string } {
  try {
    return { state: 'valid', value: document.toJS({ maxAliasCount: MOST_ALIASES }) };
  } catch (error) {
    if (error instanceof RangeError) return { state: 'invalid', message: 'is nested too deeply' };
    if (error instanceof ReferenceError)
      return { state: 'invalid', message: `uses anchors and aliases too much (${error.message})` };
    throw error;
  }
}

/** The parser counts the blanks and comments before a key to the key. */
function nextWord(text: string, offset: number): number {
  const blanks = /(?:\s|#[^\n]*)*/y;
  blanks.lastIndex = offset;
  return offset + (blanks.exec(text)?.[0].length ?? 0);
}

function plainWords(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is there twice in the same mapping';
  if (code === 'MULTIPLE_DOCS') return 'a second YAML document begins here: one file holds one';
  if (code === 'TAB_AS_INDENT') return 'a tab is used to indent: YAML wants blanks';
  if (code === 'NON_STRING_KEY') return 'a key must be plain text';
  // The parser's own words for a recursion that it has caught.
  if (message.startsWith('Maximum call stack')) return 'the file is nested too deeply to be a scenario';
  return `YAML: ${message}`;
}

/** Where a path stands; for one that is not there, the nearest key around it. */
function offsetOf(document: Document, path: Finding['path'], at: Finding['at']): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => (isScalar(key) ? String(key.value ?? '') : String(key)) === String(step),
      );
      if (pair === undefined) return offset;
      const keyOffset = startOf(pair.key) ?? offset;
      const last = depth === path.length - 1;
      // What a key lacks is reported at the key, not at the first thing that it does have.
      offset = last && at === 'value' ? (valueStart(pair.value) ?? keyOffset) : keyOffset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** An empty value has a place of its own, behind the colon: the key says more. */
function valueStart(node: unknown): number | undefined {
  if (isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1]) return undefined;
  // A block mapping under a key begins on the next line; what is wrong with it as a whole belongs to its key.
  if ((isMap(node) || isSeq(node)) && node.flow !== true) return undefined;
  return startOf(node);
}

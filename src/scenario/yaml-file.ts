// Reads a YAML file that a person wrote, and remembers where everything stands in it.
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Finding, ScenarioProblem } from './problems.ts';

/** A scenario is a page of text; anything of this size is another file. */
const LARGEST_BYTES = 256 * 1024;
/** Enough for reuse by hand; a bomb of anchors needs many more. */
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
  const read = await readText(file, missing);
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
      problems: complaints.map(({ pos, code, message }) =>
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

type Text =
  | { readonly state: 'read'; readonly text: string }
  | { readonly state: 'unreadable'; readonly message: string };

async function readText(file: string, missing: string): Promise<Text> {
  const no = (message: string): Text => ({ state: 'unreadable', message });
  let handle: FileHandle | undefined;
  try {
    const facts = await stat(file);
    if (facts.isDirectory()) return no('is a directory: give the YAML file in it');
    // A pipe or a device would keep us waiting, or never end.
    if (!facts.isFile()) return no('is not a regular file');
    if (facts.size > LARGEST_BYTES)
      return no(
        `has ${facts.size} bytes: too large for a YAML file written by hand (at most ${LARGEST_BYTES})`,
      );
    // Some files of /proc would wait for somebody who writes.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = await handle.readFile();
    if (bytes.includes(0)) return no('is a binary file: YAML is text');
    return { state: 'read', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return no(`does not exist: ${missing}`);
    if (code === 'EACCES' || code === 'EPERM') return no('may not be read by this user');
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return no('is not UTF-8 text');
    if (code === 'ELOOP') return no('is a symbolic link that leads to itself');
    return no(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await handle?.close();
  }
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

/** The parser's own counter misses the ends of lines inside of what it could not read. */
function placesIn(text: string): (offset: number) => { readonly line: number; readonly column: number } {
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map(({ 0: end, index }) => index + end.length)];
  return (offset) => {
    const after = starts.findIndex((start) => start > offset);
    const line = after < 0 ? starts.length : after;
    return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
  };
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

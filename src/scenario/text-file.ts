// Reads a file that a person wrote, whole or with the reason why not, and knows its lines.
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

/** A scenario is a page of text; anything of this size is another file. */
const LARGEST_BYTES = 256 * 1024;

export type Text =
  | { readonly state: 'read'; readonly text: string }
  | { readonly state: 'unreadable'; readonly message: string };

/** `missing` says what to do when there is no such file; `kind` is what it was expected to be, e.g. "YAML". */
export async function readText(file: string, missing: string, kind: string): Promise<Text> {
  const no = (message: string): Text => ({ state: 'unreadable', message });
  let handle: FileHandle | undefined;
  try {
    const facts = await stat(file);
    if (facts.isDirectory()) return no(`is a directory: give the ${kind} file in it`);
    // A pipe or a device would keep us waiting, or never end.
    if (!facts.isFile()) return no('is not a regular file');
    if (facts.size > LARGEST_BYTES)
      return no(
        `has ${facts.size} bytes: too large for a ${kind} file written by hand (at most ${LARGEST_BYTES})`,
      );
    // Some files of /proc would wait for somebody who writes.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = await handle.readFile();
    if (bytes.includes(0)) return no(`is a binary file: ${kind} is text`);
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

/** Line and column, both from 1, of a place in the text. A parser's own counter may miss lines inside of what it could not read. */
export function placesIn(
  text: string,
): (offset: number) => { readonly line: number; readonly column: number } {
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map(({ 0: end, index }) => index + end.length)];
  return (offset) => {
    const after = starts.findIndex((start) => start > offset);
    const line = after < 0 ? starts.length : after;
    return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
  };
}

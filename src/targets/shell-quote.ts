// The one place where a value becomes a word of a shell: for what must run in a remote shell or stand in a script.
// Property-tested against a real sh.

/** One POSIX shell word that means exactly `text` (POSIX.1-2024, Shell Command Language 2.2.2). */
export function quote(text: string): string {
  // No process could be given it, and a shell would drop it without a word.
  if (text.includes('\0'))
    throw new RangeError('a NUL character cannot be part of an argument, a path or a file name');
  return /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** An argument list as one command line. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ');
}

// A problem in a file that a person wrote, and where it stands. Readers see all of them at once.
import { plainText } from '../report/plain-text.ts';

export interface ScenarioProblem {
  /** The path as it was given, or as a file next to that one. */
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A problem by its place in the data: what the checks know before the place in the text is looked up. */
export interface Finding {
  readonly path: readonly (string | number)[];
  /** The name itself is wrong, or what it was given. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

/** One line each, in the form that editors turn into links: file:line:column: message. */
export function formatProblems(problems: readonly ScenarioProblem[]): string {
  return problems
    .map(({ file, line, column, message }) => plainText(`${file}:${line}:${column}: ${message}`))
    .join('\n');
}

/** In reading order, each once; the scenario's own come before those of the files that it names. */
export function inReadingOrder(problems: readonly ScenarioProblem[]): readonly ScenarioProblem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  const unique = new Map(problems.map((problem) => [formatProblems([problem]), problem]));
  return [...unique.values()].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
}

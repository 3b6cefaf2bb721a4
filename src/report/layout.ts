// Tables and paragraphs that fit the terminal they are for.
import { stripVTControlCharacters, styleText } from 'node:util';
import Table from 'cli-table3';

export interface ReportStyle {
  readonly color: boolean;
  readonly columns: number;
}

type Format = Parameters<typeof styleText>[0];

export function paint(style: ReportStyle, format: Format, text: string): string {
  // The caller has decided about colour, from the stream that it writes to.
  return style.color ? styleText(format, text, { validateStream: false }) : text;
}

/** A rule below the head only: rows stay close together. */
const NO_RULE = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
const RULE = { mid: '─', 'left-mid': '├', 'mid-mid': '┼', 'right-mid': '┤' };

/** A box where it fits; otherwise one block a row, "column: value" a line. */
export function table(
  style: ReportStyle,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const made = new Table({ head: [...head], style: { head: [], border: [] }, chars: NO_RULE });
  made.push(
    ...rows.map((row, index) => row.map((content) => ({ content, chars: index === 0 ? RULE : NO_RULE }))),
  );
  const box = made.toString();
  return boxColumns(box) <= style.columns ? box : blocks(style, head, rows);
}

/** The top rule consists of characters that are one column wide, whatever the cells hold. */
function boxColumns(box: string): number {
  return stripVTControlCharacters(box.split('\n', 1)[0] ?? '').length;
}

function blocks(style: ReportStyle, head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows
    .map(([name = '', ...values]) =>
      [
        ...wrap(name, style.columns),
        ...values.flatMap((value, index) => {
          const label = head[index + 1] ?? '';
          return wrap(
            `${label === '' ? '' : `${label}: `}${value}`.replaceAll('\n', ' '),
            style.columns,
            '  ',
          );
        }),
      ].join('\n'),
    )
    .join('\n');
}

/** Breaks at blanks; further lines of what is indented stand two further in. A word that is longer than a line stays whole. */
export function wrap(text: string, columns: number, indent = ''): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = `${indent === '' ? '' : `${indent}  `}${word}`;
      continue;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}

export function paragraph(text: string, columns: number, indent = ''): string {
  return wrap(text, columns, indent).join('\n');
}

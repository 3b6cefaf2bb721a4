// A table for a terminal: columns as wide as their widest cell, numbers to the right.

/** `words`: the columns that are words, which stand to the left. */
export function plainTable(
  head: readonly string[],
  cells: readonly (readonly string[])[],
  words: readonly number[],
): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => (row[column] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return words.includes(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ');
  return `${[head, ...cells].map(line).join('\n')}\n`;
}

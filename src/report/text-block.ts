// Lines of text that fit a terminal: broken at blanks, further lines indented under the first.

/** A word that is longer than a line stays whole. `hang` is the indent of the lines after the first. */
export function textBlock(text: string, columns: number, first = '', hang = first): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const indent = lines.length === 0 ? first : hang;
    if (line !== '' && indent.length + line.length + 1 + word.length > columns) {
      lines.push(indent + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, (lines.length === 0 ? first : hang) + line].join('\n');
}

/** A Markdown table, padded as the formatter would. */
export function markdownTable(titles: readonly string[], content: readonly (readonly string[])[]): string {
  const rows = [titles, ...content.map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')))];
  const widths = titles.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

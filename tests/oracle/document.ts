import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const statistics = 'docs/statistics.md';
/** Of what shows that the statistics are right. */
export const evidence = 'docs/statistics-evidence.md';

/** What stands between the markers of a generated section of a document. */
export function section(name: string, document = statistics): string {
  const text = readFileSync(path.join(PROJECT_ROOT, document), 'utf8').replaceAll('\r\n', '\n');
  const { from, to } = bounds(text, name, document);
  return text.slice(from, to).trim();
}

/** Replaces what stands between the markers of a generated section of a document. */
export function replaceSection(name: string, markdown: string, document = statistics): void {
  const file = path.join(PROJECT_ROOT, document);
  const text = readFileSync(file, 'utf8');
  const { from, to } = bounds(text, name, document);
  writeFileSync(file, `${text.slice(0, from)}\n\n${markdown}\n\n${text.slice(to)}`);
}

function bounds(text: string, name: string, document: string): { from: number; to: number } {
  const [start, end] = [`<!-- ${name}: generated -->`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${document} has no section between "${start}" and "${end}"`);
  return { from: from + start.length, to };
}

/** A Markdown table, padded as the formatter pads it. */
export function markdownTable(titles: readonly string[], content: readonly (readonly string[])[]): string {
  const rows = content.map((cells) => cells.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = titles.map((title, i) =>
    Math.max(3, title.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(titles), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

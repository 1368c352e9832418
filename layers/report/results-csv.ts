import type { ResultRow } from './results-table.ts';

/** `results.csv`: the rows as RFC 4180 text with a header; null is an empty cell. */
export function resultsCsv(columns: readonly (keyof ResultRow)[], rows: readonly ResultRow[]): string {
  const lines = [
    columns.join(','),
    ...rows.map((row) => columns.map((column) => cell(row[column])).join(',')),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function cell(value: string | number | boolean | null): string {
  if (value === null) return '';
  return typeof value === 'string' ? text(value) : String(value);
}

/** A spreadsheet takes text that begins like a formula for one: an apostrophe before it keeps it text. */
function text(value: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

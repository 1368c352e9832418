import process from 'node:process';
import { styleText } from 'node:util';
import { hideStatus } from '../infrastructure/status-line.mjs';
import type { Fault } from '../layers/platform/errors.ts';
import { formatCount } from '../layers/report/format.ts';

type Style = Parameters<typeof styleText>[0];

/** Whether `stream` shows colour: a terminal, unless NO_COLOR says otherwise; FORCE_COLOR overrides both. */
function hasColour(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
}

/** `text` in a style, where the stream it is meant for shows colour. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return hasColour(stream) ? styleText(style, text, { validateStream: false }) : text;
}

/** Results go to standard output. */
export function print(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** Progress and remarks go to standard error. */
export function note(text = ''): void {
  hideStatus();
  process.stderr.write(`${text}\n`);
}

/** Control, format and separator characters and halves of pairs. */
const invisible = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text that came from elsewhere (a file, a database), harmless on a terminal: what would move the cursor, change
 * colours or reorder the line is shown as an escape. Line breaks stay.
 */
export function visible(text: string): string {
  return text.replace(invisible, (character) => {
    if (character === '\t') return '\\t';
    if (character === '\r') return '\\r';
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
  });
}

/** The machine-readable answer of `--json`. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** What, where and what to do next, on lines of their own. */
export function printError({ what, where, remedy }: Fault): void {
  note(`${paint(['red', 'bold'], 'error:', process.stderr)} ${visible(what)}`);
  if (where !== undefined) note(`  at ${visible(where)}`);
  if (remedy !== undefined) note(`  ${visible(remedy)}.`.replace(/([.?!])\.$/, '$1'));
}

/** Characters in a line of the terminal that results go to, or of the one that COLUMNS stands for. */
export function terminalWidth(): number | undefined {
  const named = Number(process.env.COLUMNS);
  if (Number.isInteger(named) && named > 0) return named;
  // A terminal may not know its width, and say 0.
  return process.stdout.isTTY ? process.stdout.columns || undefined : undefined;
}

/**
 * A table with aligned columns; numbers (right: true) align right. Cells may hold any text. Where the terminal is too
 * narrow for it, the cell of the last column, which says most, stands below the others of its row.
 */
export function table(
  columns: readonly { readonly title: string; readonly right?: boolean }[],
  content: readonly (readonly string[])[],
  width = terminalWidth(),
): string {
  const rows = content.map((cells) => cells.map(visible));
  const widths = columns.map(({ title }, column) =>
    Math.max(
      title.length,
      ...rows.flatMap((row) => (row[column] ?? '').split('\n').map((line) => line.length)),
    ),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        columns[column]?.right ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const titles = columns.map(({ title }) => title);
  const total = widths.reduce((sum, each) => sum + each + 2, -2);
  const lines =
    width === undefined || total <= width || columns.length < 2
      ? rows.map(line)
      : rows.flatMap((cells) => [
          line(cells.slice(0, -1)),
          ...(cells.at(-1) ?? '').split('\n').flatMap((text) => wrapped(text.trim(), width, '    ')),
        ]);
  const head = lines.length === rows.length ? titles : titles.slice(0, -1);
  return [paint('bold', line(head)), ...lines].join('\n');
}

/** Lines of at most `width` characters, each begun by `indent`; a word that is longer has one of its own. */
export function wrapped(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
}

/** `1 row`, `1,234 rows`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** `12.3 MB`, in powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`;
}

/** `text` as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Exit code of a command that Ctrl-C ended. */
const interrupted = 130;

/** Does `work`. Ctrl-C meanwhile ends the command, not what goes on elsewhere: `advice` says what that is. */
export async function interruptible<Result>(advice: string, work: () => Promise<Result>): Promise<Result> {
  const stop = () => {
    note(`\n${advice}`);
    process.exit(interrupted);
  };
  // Not once: npm passes the signal on that the terminal sent already, and the second would cut the sentence off.
  process.on('SIGINT', stop);
  try {
    return await work();
  } finally {
    process.off('SIGINT', stop);
  }
}

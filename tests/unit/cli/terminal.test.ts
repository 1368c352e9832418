import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { note, table, visible } from '../../../cli/terminal.ts';
import { hideStatus, showingProgress, showStatus } from '../../../infrastructure/status-line.mjs';

it.each([
  ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
  ['a\rb\tc\0', 'a\\rb\\tc\\x00'],
  ['\x9b2J', '\\x9b2J'],
  ['abc\u202ecba', 'abc\\u{202e}cba'],
  ['zero\u200bwidth', 'zero\\u{200b}width'],
  ['half \ud800', 'half \\u{d800}'],
])('%j cannot act on a terminal', (hostile, shown) => {
  expect(visible(hostile)).toBe(shown);
});

it.each(['Zürich, "42"', '日本語', '🛒', 'two\nlines'])('%j is shown as it is', (text) => {
  expect(visible(text)).toBe(text);
});

it('a table keeps its columns whatever its cells hold', () => {
  const text = table([{ title: 'a' }, { title: 'n', right: true }], [['\x1b[2J', '10']]);
  expect(text).toBe(['a         n', '\\x1b[2J  10'].join('\n'));
});

describe('a table that is wider than the terminal', () => {
  const columns = [{ title: 'status' }, { title: 'finding' }];
  const rows = [['warn', 'some users have no variant\n  Check the export']];

  it('puts the last cell of each row on lines of its own, broken between words', () => {
    expect(table(columns, rows, 20)).toBe(
      ['status', 'warn', '    some users have', '    no variant', '    Check the export'].join('\n'),
    );
  });

  it('is as it is where it has the room', () => {
    expect(table(columns, rows, 80)).toBe(
      'status  finding\nwarn    some users have no variant\n  Check the export',
    );
  });

  it('asks COLUMNS before the terminal', () => {
    vi.stubEnv('COLUMNS', '20');
    expect(table(columns, rows)).toBe(table(columns, rows, 20));
    vi.unstubAllEnvs();
  });
});

describe('the line of the stage at work', () => {
  const written: string[] = [];
  const asTerminal = process.stderr.isTTY;
  beforeEach(() => {
    written.length = 0;
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.stderr.isTTY = asTerminal;
  });

  it('is not written where standard error is no terminal', () => {
    process.stderr.isTTY = false;
    showStatus('stage 3 s');
    note('done');
    expect(written.join('')).toBe('done\n');
  });

  it('tells what work is under way, is shown anew after a line, and is gone when the work is done', async () => {
    process.stderr.isTTY = true;
    vi.useFakeTimers();
    const work = showingProgress('deploying', async () => {
      note('halfway');
      await new Promise((resolve) => setTimeout(resolve, 2100));
      return 'done';
    });
    await vi.advanceTimersByTimeAsync(2100);
    expect(await work).toBe('done');
    vi.useRealTimers();
    expect(written.join('').replaceAll('\r\x1b[2K', '|')).toBe(
      '|deploying … 0 s|halfway\n|deploying … 1 s|deploying … 2 s|',
    );
  });

  it('gives way to the next line on a terminal', () => {
    process.stderr.isTTY = true;
    showStatus('stage 3 s');
    note('done');
    hideStatus();
    expect(written.join('')).toBe('\r\x1b[2Kstage 3 s\r\x1b[2Kdone\n');
  });
});

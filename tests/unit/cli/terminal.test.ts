import { expect, it } from 'vitest';
import { table, visible } from '../../../cli/terminal.ts';

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

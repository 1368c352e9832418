import fc from 'fast-check';
import { expect, test } from 'vitest';
import { alignLines } from '../../../../layers/engine/stage/align-lines.ts';

async function linesOf(file: string, start: number, end: number, pieceSize: number): Promise<string> {
  const bytes = Buffer.from(file).subarray(Math.max(0, start - 1));
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceSize) yield bytes.subarray(at, at + pieceSize);
  }
  let text = '';
  for await (const piece of alignLines(pieces(), { start, end })) text += Buffer.from(piece).toString();
  return text;
}

test('a range has the lines that begin in it, whole', async () => {
  expect(await linesOf('aa\nbb\ncc\n', 0, 4, 100)).toBe('aa\nbb\n');
  expect(await linesOf('aa\nbb\ncc\n', 4, 9, 100)).toBe('cc\n');
  expect(await linesOf('aa\nbb\ncc\n', 3, 6, 100)).toBe('bb\n');
  expect(await linesOf('aa\nbb\ncc\n', 4, 5, 100)).toBe('');
});

test('consecutive ranges give every line once, wherever they and the pieces of the download are cut', async () => {
  const content = fc
    .tuple(fc.array(fc.stringMatching(/^[a-z]{0,6}$/), { minLength: 1, maxLength: 12 }), fc.boolean())
    .map(([lines, finalEnd]) => lines.join('\n') + (finalEnd ? '\n' : ''))
    .filter((text) => text.length > 0);
  await fc.assert(
    fc.asyncProperty(content, fc.integer({ min: 1, max: 7 }), fc.nat(5), async (file, pieceSize, cuts) => {
      const count = Math.min(cuts + 1, file.length);
      const cut = (index: number) => Math.floor((file.length * index) / count);
      const parts: string[] = [];
      for (let index = 0; index < count; index += 1) {
        parts.push(await linesOf(file, cut(index), cut(index + 1), pieceSize));
      }
      expect(parts.join('')).toBe(file);
      const ends = parts.map((_, index) => parts.slice(0, index + 1).join(''));
      for (const read of ends) expect(read === '' || read === file || read.endsWith('\n')).toBe(true);
    }),
    { numRuns: 500, seed: 5 },
  );
});

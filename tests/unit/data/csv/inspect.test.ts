import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Delimiter } from '../../../../layers/data/csv/dialect.ts';
import { type Inspection, Inspector } from '../../../../layers/data/csv/inspect.ts';

/** The same, byte by byte over the whole. */
function inspected(bytes: Uint8Array, delimiter: Delimiter): Inspection {
  const text = Buffer.from(bytes).toString('latin1');
  const lineFeeds = text.split('\n').length - 1;
  const returns = text.split('\r').length - 1;
  const isUniform = returns === 0 || (returns === lineFeeds && text.split('\r\n').length - 1 === returns);
  return {
    bytes: bytes.length,
    plain: isUniform && !/^\r?\n/.test(text) && !/["\0]|\n\r?\n/.test(text),
    lines: lineFeeds + (text !== '' && !text.endsWith('\n') ? 1 : 0),
    lineFeeds,
    delimiter,
    delimiters: text.split(delimiter).length - 1,
  };
}

const characters = fc.constantFrom(...'\n\n\r"\0 !#a\x7f\x80\xa3\xff');
const contents = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'a,-;'), maxLength: 700 }),
  fc.array(characters, { maxLength: 40 }).map((some) => some.join('')),
  fc
    .array(fc.constantFrom('a', 'bc,d', 'é £ 5', '\x8a\x8d'), { maxLength: 9 })
    .map((lines) => lines.join('\n')),
  fc.array(fc.constantFrom('a', 'bc,d', '', '#\xa2'), { maxLength: 9 }).map((lines) => lines.join('\r\n')),
);

test('wherever a file is cut, and wherever its pieces lie in memory, it is seen as it is', () => {
  fc.assert(
    fc.property(contents, fc.nat(3), fc.array(fc.nat(12), { maxLength: 12 }), (text, shift, lengths) => {
      const bytes = Buffer.alloc(shift + text.length, 0x22).fill(text, shift, shift + text.length, 'latin1');
      const file = new Uint8Array(bytes.buffer, bytes.byteOffset + shift, text.length);
      const inspector = new Inspector();
      let start = 0;
      for (const length of [...lengths, file.length]) {
        inspector.update(file.subarray(start, start + length));
        start = Math.min(file.length, start + length);
      }
      const found = inspector.finish();
      const expected = inspected(file, found.delimiter);
      // Of a file that is not plain, neither lines nor delimiters are asked for.
      const notAsked = expected.plain ? {} : { lines: 0, delimiters: 0 };
      expect({ ...found, ...notAsked }).toEqual({ ...expected, ...notAsked });
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['a,b\n1;2;3', ','],
  ['a;b;c,d\n1,2,3', ';'],
  ['a\tb', '\t'],
  ['user_id\n1', ','],
])('the delimiter is what the first line has most of: %j', (text, delimiter) => {
  const inspector = new Inspector();
  inspector.update(new Uint8Array());
  inspector.update(Buffer.from(text));
  expect(inspector.finish().delimiter).toBe(delimiter);
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import baseConfig from '../../../config/base.yaml';
import { loadConfig } from '../../../layers/experiment/config.ts';

const root = PROJECT_ROOT;
const documents = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
];

const textOf = (document: string) => readFileSync(path.join(root, document), 'utf8');

/** Examples of an experiment.yaml: blocks, and settings on one line that begin with a key of it. */
function examplesIn(document: string): string[] {
  const text = textOf(document);
  const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  const keys = 'dedupe|schema|event_aliases|events|id_type|exclude_users|as_of|experiments|metrics|raw';
  const lines = [...text.matchAll(new RegExp(`\`((?:${keys}): (?:\\{[^\`<]*\\}|\\w+))\``, 'g'))];
  return [...blocks, ...lines.map(([, line = '']) => line)];
}

describe('the configurations that the documents show', () => {
  const examples = documents.flatMap((document) =>
    examplesIn(document).map((example) => ({ document, example })),
  );

  it('are found in the documents', () => {
    expect(examples.filter(({ document }) => document === 'docs/own-data.md').length).toBeGreaterThan(15);
    expect(examples.filter(({ document }) => document === 'README.md').length).toBeGreaterThan(0);
  });

  it.each(examples)('$document: $example', ({ document, example }) => {
    expect(() =>
      loadConfig([
        { name: 'config/base.yaml', text: baseConfig },
        { name: document, text: example },
      ]),
    ).not.toThrow();
  });
});

describe('what docs/own-data.md tells to run on an export', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'ecom-own-data-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const guide = textOf('docs/own-data.md');
  const script = /^```python\n([\s\S]*?)^```/m.exec(guide)?.[1] ?? '';
  const file = (name: string) => path.join(folder, name);
  const python = path.join(root, '.venv/bin/python');

  /** The file that mend.py makes of `content`, its capitals set as told. */
  function mend(content: string | Buffer, columns: string[], capitals: Record<string, string> = {}): string {
    const set = Object.entries(capitals).reduce(
      (text, [name, value]) => text.replace(new RegExp(`^${name} = .*$`, 'm'), `${name} = ${value}`),
      script,
    );
    writeFileSync(file('mend.py'), set);
    writeFileSync(file('from.csv'), content);
    execFileSync(python, [file('mend.py'), file('from.csv'), file('to.csv'), ...columns]);
    return readFileSync(file('to.csv'), 'utf8');
  }

  it('turns semicolons into commas, and quotes what has commas', () => {
    expect(mend('\uFEFFid;name\r\n1;a,b\r\n2;c\r\n', [])).toBe('id,name\n1,"a,b"\n2,c\n');
  });

  it('reads the encoding of Excel', () => {
    const latin = Buffer.from('id;city\n1;K\u00F6ln\n', 'latin1');
    expect(mend(latin, [], { ENCODING: '"cp1252"' })).toBe('id,city\n1,Köln\n');
  });

  it('writes amounts with a decimal point, and leaves alone what is written so already', () => {
    expect(mend('revenue\n"1.234,50"\n"12,5 €"\n12.50\n-3\n\n?\n', ['revenue=money'])).toBe(
      'revenue\n1234.50\n12.5\n12.50\n-3\n?\n',
    );
    expect(mend('revenue;id\n1,234.50;1\n', ['revenue=money'], { 'THOUSANDS, DECIMAL': '",."' })).toBe(
      'revenue,id\n1234.50,1\n',
    );
  });

  it('writes times in UTC, from local ones and from counts since 1970, and leaves the others alone', () => {
    expect(
      mend(
        't\n31.05.2024 23:59\n15.01.2024 12:00\n1709288430\n1709288430500\n1709288430500000\nyesterday\n',
        ['t=time'],
      ),
    ).toBe(
      [
        't',
        '2024-05-31T21:59:00.000000Z',
        '2024-01-15T11:00:00.000000Z',
        '2024-03-01T10:20:30.000000Z',
        '2024-03-01T10:20:30.500000Z',
        '2024-03-01T10:20:30.500000Z',
        'yesterday',
        '',
      ].join('\n'),
    );
  });

  it('keeps lines that are too short, for a run to set them aside', () => {
    expect(mend('a;b\n1\n2;3\n', [])).toBe('a,b\n1\n2,3\n');
  });

  /** What the command of the guide that begins with `start` prints for `content`. */
  function pipe(start: string, content: string): string {
    const command = guide
      .split('\n')
      .find((line) => line.startsWith(start))
      ?.split(' < export/')[0];
    expect(command).toBeDefined();
    return execFileSync('bash', ['-c', command ?? ''], { cwd: root, input: content, encoding: 'utf8' });
  }

  it('leaves lines without a user out', () => {
    expect(
      pipe('.venv/bin/python -c ', 'event_id,session_id,user_id\n1,1,7\n2,1,\n').replaceAll('\r\n', '\n'),
    ).toBe('event_id,session_id,user_id\n1,1,7\n');
  });
});

import { PipelineError } from '../../../../layers/platform/errors.ts';
import { ingestText } from './ingest-text.ts';

const columns = [
  'event_id',
  'user_id',
  'event_name',
  'event_ts',
  'product_id',
  'quantity',
  'revenue',
  'order_id',
  'currency',
];

/** What stands in cells, beside what belongs there. */
const odd = [
  '',
  ' ',
  '0',
  '-0',
  '007',
  '1.0',
  '1.5',
  '1e5',
  '1.23E+11',
  '9'.repeat(18),
  '9'.repeat(19),
  '9'.repeat(400),
  'NaN',
  'NULL',
  '\\N',
  'None',
  '-',
  'inf',
  'infinity',
  'true',
  '1,5',
  '"1,5"',
  '1.234,50',
  '"1,234.50"',
  '$5',
  '5 €',
  '(5.00)',
  '5-',
  '.5',
  '5.',
  '0.005',
  '2024-03-01',
  '2024-02-30',
  '2024-03-01 25:00',
  '2024-03-01T10:00:00Z',
  '2024-03-01 10:00:00.123456789+05:30',
  '0000-00-00',
  '1709288430',
  '1709288430123',
  '01/02/2024',
  '20240301',
  'a"b',
  '"a""b"',
  '"a"b',
  '"open',
  '"a\nb"',
  '"a\r\nb"',
  '"{""k"": 1}"',
  '"{\\"k\\": \\"v,w\\"}"',
  'x\\',
  '"x\\"',
  "'",
  "'; DROP TABLE events; --",
  '=1+1',
  '#comment',
  'sep=;',
  'Total',
  '(3 rows)',
  'é',
  'e\u0301',
  '\u00a0',
  '\u200b7',
  '\ufeff',
  '😀',
  '\u202e',
  '\0',
  '\t',
  ';',
  '|',
  'x'.repeat(5000),
  ...columns,
];

/** Numbers in [0, 1) that a seed fixes (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface FuzzedFile {
  readonly content: Buffer;
  /** Records that were spoilt. */
  readonly cases: number;
  /** Names of the events of the records between them, which are as they should be. */
  readonly markers: readonly string[];
  /** Whether header or bytes were spoilt too, so that a run may refuse the file. */
  readonly isWild: boolean;
}

/** A file of `cases` spoilt records with a good one after each. Every fourth file has a spoilt header or spoilt bytes as well. */
export function fuzzedFile(seed: number, cases: number): FuzzedFile {
  const random = randomOf(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const lineEnd = pick(['\n', '\n', '\r\n', '\r']);
  const delimiter = pick([',', ',', ';', '\t', '|']);
  const isWild = seed % 4 === 3;
  const good = (id: number, name: string) =>
    [id, 1 + below(9), name, '2024-03-01T10:00:00', 1, 2, '9.50', `o${id}`, 'EUR'].map(String);
  const header = [...columns];
  if (isWild && random() < 0.5) header[below(header.length)] = pick(odd);

  const markers: string[] = [];
  const lines = [header.join(delimiter)];
  for (let index = 0; index < cases; index += 1) {
    const cells = good(2 * index, 'spoilt');
    for (let changes = 1 + below(3); changes > 0; changes -= 1) {
      const kind = below(10);
      if (kind === 0) cells.splice(below(cells.length), 1);
      else if (kind === 1) cells.splice(below(cells.length + 1), 0, pick(odd));
      else cells[below(cells.length)] = pick(odd);
    }
    const marker = `marker${index}of${seed}`;
    markers.push(marker);
    lines.push(cells.join(delimiter), good(2 * index + 1, marker).join(delimiter));
  }
  const content = Buffer.from(`${lines.join(lineEnd)}${random() < 0.5 ? lineEnd : ''}`);
  if (isWild) {
    for (let changes = below(20); changes > 0; changes -= 1) content[below(content.length)] = below(256);
  }
  return { content, cases, markers, isWild };
}

export interface Accounted {
  readonly lines: number;
  readonly accepted: number;
  readonly quarantined: number;
  /** Why the file was refused as a whole. */
  readonly refused: string | null;
}

/**
 * Ingests a fuzzed file and checks that nothing of it vanished: lines = accepted + quarantined as counted and as found in the
 * results, and each good record is there, accepted, or with the text of a quotation mark that swallowed it.
 * @throws Error where that is not so, or where a file that is only spoilt within records is refused
 */
export async function accountFor(file: FuzzedFile): Promise<Accounted> {
  try {
    const { lines, accepted, quarantined, rows, faults } = await ingestText(file.content);
    const found = [rows.length, faults.length, accepted + quarantined];
    if (found.join() !== [accepted, quarantined, lines].join()) {
      throw new Error(`${lines} lines, ${accepted} accepted, ${quarantined} quarantined; found ${found}`);
    }
    const texts = JSON.stringify([rows, faults]);
    const lost = file.isWild ? [] : file.markers.filter((marker) => !texts.includes(`${marker}`));
    if (lost.length > 0) throw new Error(`records vanished: ${lost.slice(0, 5).join(', ')}`);
    return { lines, accepted, quarantined, refused: null };
  } catch (error) {
    if (!(error instanceof PipelineError) || !file.isWild) throw error;
    return { lines: 0, accepted: 0, quarantined: 0, refused: error.fault.what };
  }
}

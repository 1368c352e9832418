/**
 * Scores the reader of CSV files by the benchmark Pollock (Vitagliano et al., VLDB 2023: files that are polluted in one way each,
 * and what each should have been read as), with its measures: for header, records and cells the precision, recall and F1
 * of what was read, as multisets. Cells count where their text is the same; Pollock itself also takes `1.0` for `1`, so that these scores are
 * no better than its own would be.
 *
 *   node infrastructure/run.mjs tests/bench/pollock.ts <checkout of HPI-Information-Systems/Pollock> [--write]
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { type Delimiter, delimiters, type KnownDialect } from '../../layers/data/csv/dialect.ts';
import { beginningOf, inspectFile, readDialect } from '../../layers/data/csv/local-file.ts';
import { recordsOf } from '../../layers/data/csv/read-rows.ts';
import { recode } from '../../layers/data/csv/recode.ts';
import { splitFile } from '../../layers/data/csv/split-file.ts';
import { parseHeader } from '../../layers/data/csv-header.ts';
import { PipelineError } from '../../layers/platform/errors.ts';

interface Parameters {
  readonly delimiter: string;
  readonly preamble_lines: number;
}

interface Loaded {
  readonly rows: readonly (readonly string[])[];
  /** Records that a run would set aside. */
  readonly aside: number;
}

/** What is read of a file, the header first, and how many records are set aside; the reason where it is refused. */
async function load(file: string, folder: string, known: KnownDialect): Promise<Loaded | string> {
  try {
    const { file: plain } = await inspectFile(file, folder, path.basename(file));
    const name = path.basename(file);
    const header = parseHeader(await beginningOf(plain, name), name, known);
    const { encoding, delimiter, preamble } = await readDialect(plain, name, known);
    let utf8 = plain;
    if (encoding !== 'utf-8') {
      utf8 = path.join(folder, 'utf8.csv');
      await recode(plain, encoding, utf8);
    }
    const named = header.findLastIndex((column) => column !== '') + 1;
    const { records, rejected } = await splitFile(
      utf8,
      { folder, name: 'split' },
      { columns: header.length, named, header: true, delimiter, preamble },
    );
    const rows = recordsOf(await readFile(records, 'utf8'), delimiter).map(([, ...cells]) =>
      cells.slice(0, header.length),
    );
    return { rows: [header, ...rows], aside: rejected };
  } catch (error) {
    if (error instanceof PipelineError) return error.fault.what;
    throw error;
  }
}

/** Precision, recall and F1 of what was read, as multisets; 1 where nothing should have been. */
function measures(source: readonly string[], loaded: readonly string[]): [number, number, number] {
  if (source.length === 0) return [1, 1, 1];
  const left = new Map<string, number>();
  for (const value of source) left.set(value, (left.get(value) ?? 0) + 1);
  let common = 0;
  for (const value of loaded) {
    const count = left.get(value) ?? 0;
    if (count === 0) continue;
    left.set(value, count - 1);
    common += 1;
  }
  if (common === 0) return [0, 0, 0];
  // Pollock divides by the source for its precision, and by what was read for its recall.
  const [precision, recall] = [common / source.length, common / loaded.length];
  return [precision, recall, (2 * precision * recall) / (precision + recall)];
}

function known(parameters: Parameters): KnownDialect {
  const delimiter = delimiters.find((one) => one === parameters.delimiter) as Delimiter | undefined;
  return {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(parameters.preamble_lines === 0 ? {} : { skip_lines: parameters.preamble_lines }),
  };
}

const checkout = process.argv[2];
if (checkout === undefined) throw new Error('name the checkout of HPI-Information-Systems/Pollock');
const place = (...names: string[]) => path.join(checkout, 'polluted_files', ...names);
const files = (await readdir(place('csv'))).filter((name) => name.endsWith('csv')).toSorted();
const folder = await mkdtemp(path.join(os.tmpdir(), 'pollock-'));
const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const rounded = (value: number) => Number(value.toFixed(4));

async function score(told: boolean) {
  const scores: number[][] = [];
  const setAside = { files: 0, records: 0 };
  const wrong: Record<string, number> = {};
  const refused: Record<string, string> = {};
  for (const file of files) {
    const parameters = JSON.parse(
      await readFile(place('parameters', `${file}_parameters.json`), 'utf8'),
    ) as Parameters;
    const clean = recordsOf(
      (await readFile(place('clean', file), 'utf8')).replace(/^\ufeff/, '').replaceAll('\r\n', '\n'),
      ',',
    );
    const loaded = await load(place('csv', file), folder, told ? known(parameters) : {});
    if (typeof loaded === 'string') {
      refused[file] = loaded;
      scores.push(Array.from({ length: 10 }, () => 0));
      continue;
    }
    const records = (rows: readonly (readonly string[])[]) => rows.slice(1).map((row) => row.join(''));
    const rows = loaded.rows.map((row) => row.map((cell) => cell.replaceAll('\r\n', '\n')));
    const record = measures(records(clean), records(rows));
    const cell = measures(clean.flat(), rows.flat());
    scores.push([1, ...measures(clean[0] ?? [], rows[0] ?? []), ...record, ...cell]);
    if (loaded.aside > 0) setAside.files += 1;
    setAside.records += loaded.aside;
    const others = rows.length - 1 - Math.round(record[1] * (rows.length - 1));
    if (clean.length > 1 && others > 0) {
      const kind = file.replaceAll(/(row|col)\d+/g, '$1*');
      wrong[kind] = (wrong[kind] ?? 0) + others;
    }
  }
  const mean = (index: number) => sumOf(scores.map((of) => of[index] ?? 0)) / scores.length;
  return {
    files: files.length,
    success: rounded(mean(0)),
    headerF1: rounded(mean(3)),
    recordF1: rounded(mean(6)),
    cellF1: rounded(mean(9)),
    simple: rounded(sumOf(Array.from({ length: 10 }, (_, index) => mean(index)))),
    /** Why files were refused. */
    refused,
    /** Records that a run sets aside and counts. */
    setAside,
    /** Records that were read as others than they should have been, by kinds of files. */
    wrong,
  };
}

try {
  const result = { byItself: await score(false), told: await score(true) };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  if (process.argv.includes('--write'))
    await writeFile(path.join(PROJECT_ROOT, 'tests/bench/pollock.json'), text);
  else process.stdout.write(text);
} finally {
  await rm(folder, { recursive: true, force: true });
}

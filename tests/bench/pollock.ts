/**
 * The product's reader of CSV files beside what others read with, on the benchmark Pollock (Vitagliano et al., VLDB 2023: files that are
 * polluted in one way each, and what each should have been read as), scored by the benchmark's own code and by rows:
 *
 *   node infrastructure/run.mjs tests/bench/pollock.ts <checkout of HPI-Information-Systems/Pollock> [--write] [--loaded <folder>]
 *
 * `--write` keeps the result in pollock.json beside this file and renews docs/decisions/ingestion.md. What the peers read stays in the
 * folder of `--loaded`, and is not read again where it is there.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Delimiter, delimiters, type KnownDialect } from '../../layers/data/csv/dialect.ts';
import { beginningOf, inspectFile, readDialect } from '../../layers/data/csv/local-file.ts';
import { recordsOf } from '../../layers/data/csv/read-rows.ts';
import { recode } from '../../layers/data/csv/recode.ts';
import { splitFile } from '../../layers/data/csv/split-file.ts';
import { parseHeader } from '../../layers/data/csv-header.ts';
import { PipelineError } from '../../layers/platform/errors.ts';
import { replaceSection } from '../oracle/document.ts';
import { installPeers, python } from './peers.ts';
import { type Pollock, pollockTable, type Score } from './pollock-table.ts';

interface Loaded {
  readonly rows: readonly (readonly string[])[];
  /** Records that a run sets aside. */
  readonly aside: number;
}

/** What a run reads of a file, the header first; the reason where it refuses it. */
async function load(file: string, folder: string, known: KnownDialect): Promise<Loaded | string> {
  try {
    const name = path.basename(file);
    const { file: plain } = await inspectFile(file, folder, name);
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
    const read = recordsOf(await readFile(records, 'utf8'), delimiter).map(([, ...cells]) =>
      cells.slice(0, header.length).map((cell) => cell.trim()),
    );
    // As stage does (`isHeader`).
    const rows = read.filter((cells) => !header.every((column, index) => column === cells[index]));
    return { rows: [header, ...rows], aside: rejected + read.length - rows.length };
  } catch (error) {
    if (error instanceof PipelineError) return error.fault.what;
    throw error;
  }
}

/** Reads all files and writes what was read for the benchmark's code to score. */
async function loadAll(
  told: boolean,
  folder: string,
  target: string,
): Promise<Pick<Pollock, 'refused' | 'setAside'>> {
  const setAside = { files: 0, records: 0 };
  const refused: Record<string, string> = {};
  await mkdir(target, { recursive: true });
  for (const file of files) {
    const loaded = await load(place('csv', file), folder, told ? await toldOf(file) : {});
    const isRefused = typeof loaded === 'string';
    const text = isRefused ? `Application Error\n${loaded}` : loaded.rows.map(csvLine).join('');
    await writeFile(path.join(target, `${file}_converted.csv`), text);
    if (isRefused) refused[file] = loaded;
    else if (loaded.aside > 0) {
      setAside.files += 1;
      setAside.records += loaded.aside;
    }
  }
  return { refused, setAside };
}

const csvLine = (cells: readonly string[]) =>
  `${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`;

/** What the benchmark tells of a file, as far as a configuration can say it. */
async function toldOf(file: string): Promise<KnownDialect> {
  const parameters = JSON.parse(
    await readFile(place('parameters', `${file}_parameters.json`), 'utf8'),
  ) as Readonly<{ delimiter: string; preamble_lines: number }>;
  const delimiter = delimiters.find((one) => one === parameters.delimiter) as Delimiter | undefined;
  return {
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(parameters.preamble_lines === 0 ? {} : { skip_lines: parameters.preamble_lines }),
  };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false }, loaded: { type: 'string' } },
});
const [checkout] = positionals;
if (checkout === undefined) throw new Error('name the checkout of HPI-Information-Systems/Pollock');
const place = (...names: string[]) => path.join(checkout, 'polluted_files', ...names);
const files = (await readdir(place('csv'))).filter((name) => name.endsWith('csv')).toSorted();
const folder = await mkdtemp(path.join(os.tmpdir(), 'pollock-'));
const loaded = values.loaded ?? path.join(folder, 'loaded');

try {
  installPeers();
  const alone = await loadAll(false, folder, path.join(loaded, 'ecom'));
  await loadAll(true, folder, path.join(loaded, 'ecomTold'));
  const { status, stdout } = spawnSync(
    python,
    [path.join(PROJECT_ROOT, 'tests/bench/peers/pollock.py'), checkout, loaded],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 24 },
  );
  if (status !== 0) throw new Error(`the peers ended with ${status}`);
  const result: Pollock = {
    files: files.length,
    ...alone,
    readers: JSON.parse(stdout) as Readonly<Record<string, Score>>,
  };
  if (values.write) {
    // The four numbers of a kind on one line.
    const text = JSON.stringify(result, null, 2).replaceAll(/\[[\s\d,]*\]/g, (numbers) =>
      numbers.replaceAll(/\s+/g, ' ').replaceAll(/\[ | \]/g, (end) => end.trim()),
    );
    await writeFile(path.join(PROJECT_ROOT, 'tests/bench/pollock.json'), `${text}\n`);
    replaceSection('pollock', pollockTable(result), 'docs/decisions/ingestion.md');
  } else process.stdout.write(`${pollockTable(result)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

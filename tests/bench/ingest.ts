/**
 * Time and memory of reading a CSV at several shares of bad rows, beside readers that quarantine nothing:
 * `node infrastructure/run.mjs tests/bench/ingest.ts [rows] [rounds]`. Each measurement is a process of its own; the
 * readers take turns, and what is told is the median of the rounds and the ratio of its CPU time to that of DuckDB's strict
 * reader of clean data.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { bindColumns } from '../../layers/data/column-binding.ts';
import { Inspector } from '../../layers/data/csv/inspect.ts';
import { parseHeader } from '../../layers/data/csv-header.ts';
import { datasetContracts } from '../../layers/data/datasets/index.ts';
import { ingest } from '../../layers/engine/stage/ingest.ts';
import { Database } from '../../layers/platform/duckdb.ts';
import { literal } from '../../layers/platform/sql.ts';

const header =
  'event_id,session_id,user_id,event_name,event_ts,product_id,quantity,revenue,order_id,currency';
const shares = [0, 0.001, 0.1, 1];
const memoryMb = 3538;

/** What each reader does with a file. `stage`: bytes inspected, values judged, Parquet of good and of bad rows. */
const readers = { 'DuckDB strict': readStrict, 'DuckDB ignore_errors': readLenient, stage } as const;
type ReaderName = keyof typeof readers;

async function compare(rows: number, rounds: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-bench-'));
  try {
    const files = new Map<number, string>();
    for (const share of shares)
      files.set(share, await writeEvents(path.join(folder, `${share}.csv`), rows, share));
    const cases = [...files].flatMap(([share, file]) =>
      (Object.keys(readers) as ReaderName[])
        // The strict reader stops at the first bad row.
        .filter((reader) => reader !== 'DuckDB strict' || share === 0)
        .map((reader) => ({ reader, share, file, runs: [] as Measurement[] })),
    );
    for (let round = 0; round < rounds; round += 1) {
      for (const one of cases) one.runs.push(inProcess(one.reader, one.file));
    }
    const size = (await stat(files.get(0) ?? '')).size;
    process.stdout.write(
      `${rows} rows, ${Math.round(size / 1e6)} MB, ${availableParallelism()} cores, load ${loadavg()[0]?.toFixed(1)}, median of ${rounds}\n`,
    );
    const floor = median(cases[0]?.runs.map(({ cpuSeconds }) => cpuSeconds) ?? []);
    for (const { reader, share, runs } of cases) {
      const seconds = median(runs.map((run) => run.seconds));
      const cpu = median(runs.map((run) => run.cpuSeconds));
      const peak = median(runs.map((run) => run.peakMb));
      const [run] = runs;
      process.stdout.write(
        `${`${share * 100} % bad`.padStart(9)}  ${reader.padEnd(20)} ${seconds.toFixed(2).padStart(7)} s ${(rows / seconds / 1e6).toFixed(2).padStart(6)}M rows/s  cpu ${cpu.toFixed(2).padStart(6)} s x${(cpu / floor).toFixed(2).padEnd(5)} peak ${peak.toFixed(0).padStart(5)} MB  ${run?.taken} taken, ${run?.quarantined ?? 'the others lost'}\n`,
      );
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measurement {
  readonly seconds: number;
  /** Of all threads: steadier than `seconds` on a busy machine. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
  readonly taken: number;
  readonly quarantined?: string;
}

function inProcess(reader: ReaderName, file: string): Measurement {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      path.join(PROJECT_ROOT, 'infrastructure/run.mjs'),
      path.join(PROJECT_ROOT, 'tests/bench/ingest.ts'),
      'one',
      reader,
      file,
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${reader} failed:\n${stderr}`);
  return JSON.parse(stdout) as Measurement;
}

async function measureOne([reader, file]: [ReaderName, string]): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ecom-bench-one-'));
  try {
    await using database = await Database.open({ memoryMb, folder });
    const start = process.hrtime.bigint();
    const cpuStart = process.cpuUsage();
    const counts = await readers[reader](database, file, folder);
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const { user, system } = process.cpuUsage(cpuStart);
    process.stdout.write(
      JSON.stringify({
        seconds,
        cpuSeconds: (user + system) / 1e6,
        peakMb: process.resourceUsage().maxRSS / 1024,
        ...counts,
      }),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Counts = Pick<Measurement, 'taken' | 'quarantined'>;

async function stage(database: Database, file: string, folder: string): Promise<Counts> {
  const inspector = new Inspector();
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 }))
    inspector.update(piece as Buffer);
  const names = parseHeader(Buffer.from(header), 'events.csv');
  const columns = { header: names, ...bindColumns(datasetContracts.events, names, {}, 'events.csv') };
  const { accepted, quarantined } = await ingest(
    database,
    {
      dataset: 'events',
      file,
      inspection: inspector.finish(),
      columns,
      allColumns: [columns],
      idType: 'bigint',
      hasHeader: true,
      isRange: false,
      name: 'events.csv',
    },
    { folder, sourceKey: 'events.csv', sourceVersion: null, buckets: 1, hasSessions: false },
  );
  return { taken: accepted, quarantined: `${quarantined} quarantined` };
}

const types = {
  event_id: 'BIGINT',
  session_id: 'BIGINT',
  user_id: 'BIGINT',
  event_name: 'VARCHAR',
  event_ts: 'TIMESTAMP',
  product_id: 'BIGINT',
  quantity: 'INTEGER',
  revenue: 'DECIMAL(18,2)',
  order_id: 'VARCHAR',
  currency: 'VARCHAR',
};

function readStrict(database: Database, file: string, folder: string): Promise<Counts> {
  return copyTyped(database, file, folder, false);
}

function readLenient(database: Database, file: string, folder: string): Promise<Counts> {
  return copyTyped(database, file, folder, true);
}

async function copyTyped(
  database: Database,
  file: string,
  folder: string,
  lenient: boolean,
): Promise<Counts> {
  const columns = Object.entries(types).map(([name, type]) => `${name}: '${type}'`);
  const { Count } = await database.row<{ Count: string }>(`
    COPY (FROM read_csv(${literal(file)}, columns = {${columns.join(', ')}}, header = true, auto_detect = false,
      delim = ',', quote = '"', escape = '"', ignore_errors = ${lenient}))
    TO ${literal(path.join(folder, 'typed.parquet'))} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2)`);
  return { taken: Number(Count) };
}

/** Events of a made-up shop; every (1 / share)th one breaks a rule, each in another way. */
async function writeEvents(file: string, rows: number, share: number): Promise<string> {
  const output = createWriteStream(file);
  const names = ['view_product', 'view_product', 'search', 'add_to_cart', 'purchase'];
  const period = share === 0 ? Number.POSITIVE_INFINITY : Math.round(1 / share);
  const start = Date.UTC(2024, 2, 1);
  let text = `${header}\n`;
  for (let id = 1; id <= rows; id += 1) {
    const name = names[id % names.length] ?? '';
    const isBuy = name === 'purchase';
    const cells = [
      String(id),
      String(1 + (id % 300_000)),
      String(1 + ((id * 7919) % 100_000)),
      name,
      `${new Date(start + ((id * 104_729) % 1_209_600) * 1000).toISOString().slice(0, 19)}Z`,
      String(1 + (id % 5000)),
      isBuy ? '1' : '',
      isBuy ? `${id % 300}.${String(id % 100).padStart(2, '0')}` : '',
      isBuy ? `o-${id}` : '',
      isBuy ? 'EUR' : '',
    ];
    if (id % period === 0) {
      const kind = Math.floor(id / period) % 4;
      if (kind === 0) cells[4] = 'yesterday';
      if (kind === 1) cells[2] = 'x';
      if (kind === 2) cells[6] = '1.5';
      if (kind === 3) cells[7] = '12.5 EUR';
    }
    text += `${cells.join(',')}\n`;
    if (text.length > 1 << 20) {
      if (!output.write(text)) await once(output, 'drain');
      text = '';
    }
  }
  output.end(text);
  await finished(output);
  return file;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'one') await measureOne(rest as [ReaderName, string]);
else await compare(Number(mode ?? 2_000_000), Number(rest[0] ?? 3));

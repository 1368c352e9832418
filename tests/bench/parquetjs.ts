/**
 * CSV to Parquet in plain JavaScript, row by row with parquetjs-lite, then the one query over what it wrote:
 * `node infrastructure/run.mjs tests/bench/parquetjs.ts <folder> <folder for the Parquet files>`. Values are typed, and none is judged.
 */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import parquet from 'parquetjs-lite';
import { literal } from '../../layers/platform/sql.ts';
import { printArms } from './floor.ts';

const [source = '', made = ''] = process.argv.slice(2);

// Moments stay texts: parquetjs-lite's timestamps cannot be read back by others.
const whole = ['event_id', 'session_id', 'user_id', 'product_id', 'quantity'];
const real = ['revenue', 'price'];
const typeOf = (column: string) =>
  whole.includes(column) ? 'INT64' : real.includes(column) ? 'DOUBLE' : 'UTF8';

for (const dataset of ['users', 'products', 'sessions', 'experiment_assignments', 'events']) {
  const lines = createInterface({ input: createReadStream(path.join(source, `${dataset}.csv`)) });
  let columns: { name: string; isText: boolean }[] = [];
  let writer: Awaited<ReturnType<typeof parquet.ParquetWriter.openFile>> | undefined;
  for await (const line of lines) {
    const cells = line.split(',');
    if (writer === undefined) {
      columns = cells.map((name) => ({ name, isText: typeOf(name) === 'UTF8' }));
      const schema = Object.fromEntries(
        columns.map(({ name }) => [
          name,
          { type: typeOf(name), compression: 'SNAPPY', optional: true } as const,
        ]),
      );
      writer = await parquet.ParquetWriter.openFile(
        new parquet.ParquetSchema(schema),
        path.join(made, `${dataset}.parquet`),
      );
      continue;
    }
    const row: Record<string, string | number> = {};
    columns.forEach(({ name, isText }, index) => {
      const cell = cells[index] ?? '';
      if (cell !== '') row[name] = isText ? cell : Number(cell);
    });
    await writer.appendRow(row);
  }
  await writer?.close();
}

const parquetOf = (dataset: string) => `read_parquet(${literal(path.join(made, `${dataset}.parquet`))})`;
await printArms({
  events: `(SELECT * REPLACE (CAST(event_ts AS TIMESTAMP) AS event_ts) FROM ${parquetOf('events')})`,
  assignments: `(SELECT * REPLACE (CAST(assigned_ts AS TIMESTAMP) AS assigned_ts) FROM ${parquetOf('experiment_assignments')})`,
});

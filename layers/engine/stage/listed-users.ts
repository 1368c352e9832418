import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { bindColumns } from '../../data/column-binding.ts';
import { inspectFile, readHeader } from '../../data/csv/local-file.ts';
import { headerBytes } from '../../data/csv-header.ts';
import { datasetContracts } from '../../data/datasets/index.ts';
import type { RuleCount } from '../../data/row-counts.ts';
import type { Config } from '../../experiment/config.ts';
import type { Database } from '../../platform/duckdb.ts';
import { DataError, SchemaError } from '../../platform/errors.ts';
import { literalList } from '../../platform/sql.ts';
import { type Ingested, ingest } from './ingest.ts';
import type { FileColumns } from './staged-columns.ts';

const column = 'user_id';
const idsAlone: FileColumns = {
  header: [column],
  bindings: [{ column, source: column, constant: null, values: {} }],
  otherColumns: [],
};

/** A CSV file of ids on the local disk, compressed where its path ends in `.gz`. */
export interface UserList {
  readonly file: string;
  /** What errors call it. */
  readonly name: string;
}

/**
 * Makes the table `listed_users` (user_id) of the ids in CSV files, read by the rules that ids of datasets are read by: the
 * column `user_id`, or one id a line without a header.
 * @param workspace folder for intermediate files
 * @throws DataError where a line has no id, SchemaError where it is not clear which column the ids are in
 */
export async function readListedUsers(
  db: Database,
  lists: readonly UserList[],
  idType: Config['id_type'],
  workspace: string,
): Promise<void> {
  const parts: string[] = [];
  for (const [index, { file: source, name }] of lists.entries()) {
    const folder = path.join(workspace, `listed-users-${index}`);
    await mkdir(folder);
    const {
      quarantined,
      rules,
      parts: read,
    } = await ingestUserList(db, { file: source, name }, idType, folder);
    if (quarantined > 0) throw noId(rules, name, idType);
    parts.push(...read.map((part) => part.file));
  }
  await db.run(
    parts.length === 0
      ? `CREATE TABLE listed_users (user_id ${idType === 'bigint' ? 'BIGINT' : 'VARCHAR'})`
      : `CREATE TABLE listed_users AS SELECT DISTINCT user_id FROM read_parquet(${literalList(parts)})`,
  );
}

/**
 * Reads one file of ids into `folder`.
 * @throws SchemaError where it is not clear which column the ids are in
 */
export async function ingestUserList(
  db: Database,
  { file: source, name }: UserList,
  idType: Config['id_type'],
  folder: string,
): Promise<Ingested> {
  const { file, inspection } = await inspectFile(source, folder, name);
  const names = await firstFields(file);
  const hasHeader = names.includes(column);
  if (!hasHeader && names.length > 1) throw withoutColumn(name);
  const columns = hasHeader ? await idColumn(file, name) : idsAlone;
  return ingest(
    db,
    {
      dataset: 'users',
      file,
      inspection,
      columns,
      allColumns: [columns],
      idType,
      hasHeader,
      isRange: false,
      name,
    },
    { folder, sourceKey: name, sourceVersion: null, buckets: 1, hasSessions: false },
  );
}

/** Fields of the first line as far as it is a header: without quotation marks, blanks and a byte order mark. */
async function firstFields(file: string): Promise<string[]> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    const [line = ''] = new TextDecoder().decode(buffer.subarray(0, bytesRead)).split(/[\r\n]/, 1);
    return line.split(',').map((field) => field.replaceAll('"', '').trim().toLowerCase());
  } finally {
    await handle.close();
  }
}

async function idColumn(file: string, name: string): Promise<FileColumns> {
  const header = await readHeader(file, name);
  const { bindings } = bindColumns(datasetContracts.users, header, {}, name);
  return { header, bindings: bindings.filter((binding) => binding.column === column), otherColumns: [] };
}

function withoutColumn(name: string): SchemaError {
  return new SchemaError({
    what: `the file of users to leave out has several columns, and none is called ${column}`,
    where: `${name}:1`,
    remedy: `Name the column of the ids ${column}, or list one id a line, nothing else`,
  });
}

function noId(rules: readonly RuleCount[], name: string, idType: Config['id_type']): DataError {
  const [rule] = rules;
  const [first] = rule?.examples ?? [];
  const complaint = rule?.column === column ? '' : `: ${rule?.rule.replaceAll('_', ' ')}`;
  return new DataError({
    what: `"${first?.value}" is no id of a user (id_type: ${idType})${complaint}`,
    where: `${name}:${first?.line}`,
    remedy: `List one id a line, or give the file a header with the column ${column}`,
  });
}

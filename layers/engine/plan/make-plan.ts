import { columnName, isLineNumber } from '../../data/column-binding.ts';
import { isNameOf } from '../../data/column-words.ts';
import { type DatasetName, datasetContracts, type requiredDatasets } from '../../data/datasets/index.ts';
import { configuredAsOf } from '../../experiment/as-of.ts';
import { type Config, fileNamesOf } from '../../experiment/config.ts';
import { SchemaError } from '../../platform/errors.ts';
import type { RawInput, RunInputs, RunPlan } from '../../runs/documents.ts';
import { dropPrefix } from '../../runs/keys.ts';
import { endOfUploadDay, newestUpload } from '../../runs/received.ts';
import { bucketsFor, chunksOf, type PlannedFile } from './chunks.ts';
import { unavailableIn, unmeasuredColumns } from './unavailable.ts';

type DataInput = PlannedFile['input'];

const isData = (input: RawInput): input is DataInput => input.kind in datasetContracts;

/** @throws SchemaError where a required dataset is missing or has no byte */
export function requireDataset(
  dataset: (typeof requiredDatasets)[number],
  { inputs, drop }: Pick<RunInputs, 'inputs' | 'drop'>,
  config: Config,
): void {
  const files = inputs.filter(({ kind }) => kind === dataset);
  const [first] = files;
  if (files.some(({ size }) => size > 0)) return;
  throw new SchemaError({
    what: first === undefined ? `the drop has no ${dataset}` : `${dataset} is empty`,
    where: first?.key ?? `${dropPrefix(drop)}${fileNamesOf(config.raw)[dataset]}`,
    remedy: `Upload ${fileNamesOf(config.raw)[dataset]} with a header line, and the other files of the drop with it`,
  });
}

/**
 * The drop's data files, in the order of datasets and keys. Files without a byte are left out, as exports leave them
 * beside full parts.
 */
export function dataFiles({ inputs }: Pick<RunInputs, 'inputs'>): DataInput[] {
  const order = Object.keys(datasetContracts);
  return inputs
    .filter(isData)
    .filter(({ size }) => size > 0)
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.key < b.key ? -1 : 1));
}

/** The plan of a run from its pinned inputs, its configuration and the headers of its files. */
export function makePlan(inputs: RunInputs, config: Config, files: readonly PlannedFile[]): RunPlan {
  const present = new Map<DatasetName, Set<string>>();
  for (const { input, columns } of files) {
    const names = present.get(input.kind) ?? new Set();
    for (const { column } of columns.bindings) names.add(column);
    for (const header of columns.otherColumns) names.add(columnName(header));
    present.set(input.kind, names);
  }
  return {
    schemaVersion: 1,
    runId: inputs.runId,
    drop: inputs.drop,
    config,
    configHash: inputs.configHash,
    codeVersion: inputs.codeVersion,
    asOf: cappedAsOf(configuredAsOf(config) ?? inputs.asOf, inputs),
    chunks: chunksOf(files),
    buckets: bucketsFor(files),
    present: [...present.keys()],
    unavailable: unavailableIn(present, config),
    unmeasured: unmeasuredColumns(present, config),
  };
}

/** Data are complete up to the end of the day of the newest upload at most, whatever was said. */
function cappedAsOf(asOf: string | null, inputs: RunInputs): string | null {
  if (asOf === null || inputs.inputs.length === 0) return asOf;
  const end = endOfUploadDay(newestUpload(inputs));
  return Date.parse(asOf) > Date.parse(end) ? end : asOf;
}

/** @throws SchemaError where a file of events names neither users nor sessions that do */
export function requireEventUsers({ input, header, columns }: PlannedFile, hasSessions: boolean): void {
  if (input.kind !== 'events') return;
  const has = (name: string) => columns.bindings.some(({ column }) => column === name);
  if (has('user_id') || (has('session_id') && hasSessions)) return;
  throw new SchemaError({
    what: `events name no users: there is no column "user_id", and no sessions to find users by; the file has ${header.join(', ')}`,
    where: `${input.key}:1`,
    remedy: 'Name the column in experiment.yaml: schema: { events: { user_id: <its name in the file> } }',
  });
}

/**
 * @throws SchemaError where the assignments take sessions for users and the events do not, or the other way round: the ids of
 *   both would be joined where they happen to be equal
 */
export function requireOneUnit(files: readonly PlannedFile[]): void {
  const unitOf = (dataset: DatasetName) =>
    files
      .filter(({ input }) => input.kind === dataset)
      .flatMap(({ columns }) => columns.bindings)
      .find(({ column }) => column === 'user_id')?.source;
  const isSession = (source: string | null | undefined) =>
    typeof source === 'string' && isNameOf('session_id', source);
  const [assigned, event] = [unitOf('experiment_assignments'), unitOf('events')];
  if (assigned === undefined || isSession(assigned) === isSession(event)) return;
  const [sessions, users] = isSession(assigned)
    ? ['experiment_assignments', 'events']
    : ['events', 'experiment_assignments'];
  throw new SchemaError({
    what: `${sessions} take the column "${isSession(assigned) ? assigned : event}" for the user, ${users} do not: ids of sessions and of users would be taken for one another`,
    where: 'schema',
    remedy:
      'Where sessions are what is assigned, say so of every file: schema: { experiment_assignments: { user_id: session_id }, events: { user_id: session_id }, sessions: { user_id: session_id } }, and leave the users file out',
  });
}

/** Columns by which rows of several datasets are joined. */
const joining = ['user_id', 'session_id', 'product_id'];

/**
 * @throws SchemaError where lines are ids beside others of the same kind: line 2 would be taken for another file's line 2, or
 *   for the user 2. A file that several datasets are read from lies there once for each.
 */
export function requireLinesOfOneFile(files: readonly PlannedFile[]): void {
  const columnsOf = ({ input, columns }: PlannedFile) =>
    columns.bindings.map((binding) => ({
      id: joining.includes(binding.column) ? binding.column : `${input.kind}.${binding.column}`,
      name: `${input.kind}.${binding.column}`,
      key: input.key,
      etag: input.etag,
      isLine: isLineNumber(binding),
    }));
  const all = files.flatMap(columnsOf);
  for (const { id, name, key, etag } of all.filter(({ isLine }) => isLine)) {
    const other = all.find((one) => one.id === id && (one.etag !== etag || !one.isLine));
    if (other === undefined) continue;
    throw new SchemaError({
      what: `${name} is the line in its file, and ${other.name} of ${other.key} is ${other.isLine ? 'the line in another one' : 'a column'}: they have nothing in common`,
      where: key,
      remedy: 'Only one file whose rows have no id can be used: leave line_number out, or the other files',
    });
  }
}

import { functionSpecs } from '../../../cdk/functions.ts';
import { readSettings } from '../../../cdk/settings.ts';
import { type DatasetName, datasetNames } from '../../../layers/data/datasets/index.ts';
import { bucketsOf, CHUNK_BYTES } from '../../../layers/engine/plan/chunks.ts';
import aws from './aws.json';
import { at, rates } from './fit.ts';
import load from './load.json';
import { type MeasuredRun, type MeasuredStage, measuredStages } from './measure.ts';

const { quotas, speeds, dollars } = aws;
const { databaseCpus } = speeds;
const { loadConcurrency } = readSettings(() => undefined);

/** What a run consists of, as far as its time and cost depend on it. */
export type Shape = Pick<MeasuredRun, 'rows' | 'chunks' | 'buckets' | 'raw' | 'bytes'>;

/** Stages of the state machine that the model knows. `publish` moves a pointer. */
export type ModelledStage = MeasuredStage | 'load';

/** Work of a stage by kind, to each of which belongs a rate that is fitted. */
const workOf: Readonly<Record<MeasuredStage, (shape: Shape) => number[]>> = {
  plan: () => [1],
  // Rows are written bucket by bucket; where there are several, their ids are as well.
  stage: ({ chunks, buckets, raw, rows }) => [
    chunks,
    total(Object.values(raw)),
    chunks * buckets,
    several(buckets) * rows.events,
  ],
  // A share reads a file or two of each chunk.
  exchange: ({ chunks, buckets, rows }) =>
    [chunks * buckets, rows.events].map((amount) => several(buckets) * amount),
  clean: ({ buckets, rows }) => [buckets, rows.events],
  marts: ({ buckets, rows }) => [buckets, rows.events],
  measure: ({ rows }) => [1, rows.users],
  analyze: () => [1],
};

/** 1 where there are several buckets, which have to know of each other, else 0. */
const several = (buckets: number) => (buckets > 1 ? 1 : 0);

/** What the measurements say, for runs of any size. */
export interface Model {
  /** CPU seconds of each stage's kinds of work. */
  readonly rates: Readonly<Record<MeasuredStage, readonly number[]>>;
  /** CPUs that a stage keeps busy: as many as it did where the machine was not busy otherwise, one at least. */
  readonly parallelism: number;
  /** The largest run that was measured without a number of buckets of its own, which others are taken to be like. */
  readonly like: MeasuredRun;
  /** Bytes by share of an id, of what chunks leave: of each event, and of each share in each chunk. */
  readonly sharedBytes: readonly number[];
  /** Bytes of completion markers of chunks: of each, and of each bucket in each. */
  readonly markerBytes: readonly number[];
}

/** @throws Error where nothing was measured */
export function modelOf(runs: readonly MeasuredRun[]): Model {
  const like = runs
    .filter(({ raw, buckets }) => buckets === bucketsOf(raw.events))
    .toSorted((a, b) => b.rows.events - a.rows.events)[0];
  if (like === undefined) throw new Error('nothing was measured: npm run simulate:scale -- --measure 1e6');
  const fitted = measuredStages.map(
    (stage) =>
      [stage, rates(runs.map((run) => ({ work: workOf[stage](run), took: run.cpuSeconds[stage] })))] as const,
  );
  const busy = runs.map(
    ({ seconds, cpuSeconds }) => total(Object.values(cpuSeconds)) / total(Object.values(seconds)),
  );
  return {
    rates: Object.fromEntries(fitted) as Record<MeasuredStage, number[]>,
    parallelism: Math.max(1, ...busy),
    like,
    sharedBytes: rates(
      runs.map(({ rows, chunks, buckets, bytes }) => ({
        work: [rows.events, chunks * buckets],
        took: bytes.shared,
      })),
    ),
    markerBytes: rates(
      runs.map(({ chunks, buckets, bytes }) => ({
        work: [chunks, chunks * buckets],
        took: bytes.stageMarkers,
      })),
    ),
  };
}

/** A run of so many events that is otherwise like the one that was measured. */
export function shapeOf({ like, markerBytes, sharedBytes }: Model, events: number): Shape {
  const factor = events / like.rows.events;
  const scaled = <Amounts extends Readonly<Record<string, number>>>(amounts: Amounts) =>
    Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount * factor])) as Amounts;
  const raw = { ...scaled(like.raw), products: like.raw.products };
  const buckets = bucketsOf(raw.events);
  const chunks = chunksOf(raw);
  return {
    rows: scaled(like.rows),
    raw,
    chunks,
    buckets,
    bytes: {
      ...scaled(like.bytes),
      shared: several(buckets) * at(sharedBytes, [events, chunks * buckets]),
      plan: (like.bytes.plan / like.chunks) * chunks,
      stageMarkers: at(markerBytes, [chunks, chunks * buckets]),
    },
  };
}

/** Seconds of each stage in one process, its parts one after the other. */
export function oneMachine(model: Model, shape: Shape): Readonly<Record<MeasuredStage, number>> {
  const entries = measuredStages.map(
    (stage) => [stage, cpuSeconds(model, stage, shape) / model.parallelism] as const,
  );
  return Object.fromEntries(entries) as Record<MeasuredStage, number>;
}

/** A limit that one function of a stage meets. */
export interface Limit {
  readonly stage: ModelledStage | 'state machine';
  readonly of: 'time' | 'storage' | 'memory of documents' | 'state payload';
  readonly needs: number;
  readonly has: number;
  readonly unit: 's' | 'bytes';
}

export interface StageEstimate {
  readonly stage: ModelledStage;
  readonly parts: number;
  readonly atATime: number;
  /** Of one part, of the one that takes the longest, and of them all. */
  readonly partSeconds: number;
  readonly longestSeconds: number;
  readonly seconds: number;
  readonly dollars: number;
  readonly gets: number;
  readonly puts: number;
}

export interface Estimate {
  readonly shape: Shape;
  readonly stages: readonly StageEstimate[];
  readonly seconds: number;
  readonly dollars: number;
  readonly requests: number;
  readonly payloadBytes: number;
  /** The stage that takes the longest. */
  readonly bottleneck: ModelledStage;
  /** All limits, the one that is the nearest first; what is beyond 1 of `needs / has` fails. */
  readonly limits: readonly Limit[];
}

/**
 * Time, cost and limits of a run on AWS.
 * @param concurrency children of a map at a time (`mapConcurrency` of cdk/settings.ts); the account's quota holds, too
 */
export function onLambda(model: Model, shape: Shape, concurrency: number): Estimate {
  const parts = [...stagesOnLambda(shape)];
  const width = Math.min(concurrency, quotas.concurrentFunctions.value, quotas.mapChildrenAtATime.value);
  const stages = parts.map((part) => estimateStage(model, shape, part, width));
  const payloadBytes = payloadOf(shape);
  const limits: Limit[] = [
    ...parts.flatMap((part, index) => limitsOf(part, stages[index]?.longestSeconds ?? Number.NaN)),
    {
      stage: 'state machine',
      of: 'state payload',
      needs: payloadBytes,
      has: quotas.statePayloadBytes.value,
      unit: 'bytes',
    },
  ];
  const bottleneck = stages.toSorted((a, b) => b.seconds - a.seconds)[0]?.stage ?? 'plan';
  return {
    shape,
    stages,
    seconds: total(stages.map(({ seconds }) => seconds)),
    dollars: total(stages.map((stage) => stage.dollars)),
    requests: total(stages.map(({ gets, puts }) => gets + puts)),
    payloadBytes,
    bottleneck,
    limits: limits.toSorted((a, b) => b.needs / b.has - a.needs / a.has),
  };
}

/** What one part of a stage moves. */
interface PartOfStage {
  readonly stage: ModelledStage;
  readonly parts: number;
  /** Objects and bytes of data that it reads and writes, eight at a time. */
  readonly gets: number;
  readonly puts: number;
  readonly inBytes: number;
  readonly outBytes: number;
  /** Documents of other parts that it reads. */
  readonly documents: number;
  readonly documentBytes: number;
  /** The most that it has on disk at a time. */
  readonly diskBytes: number;
}

function* stagesOnLambda({ chunks, buckets, raw, rows, bytes }: Shape): Generator<PartOfStage> {
  const rawBytes = total(Object.values(raw));
  const files = datasetNames.length;
  const [eventChunks, sessionChunks] = [raw.events, raw.sessions].map(chunksOfSize) as [number, number];
  const none = { gets: 0, puts: 0, inBytes: 0, outBytes: 0, documents: 0, documentBytes: 0, diskBytes: 0 };
  yield {
    ...none,
    stage: 'plan',
    parts: 1,
    gets: files,
    puts: 1,
    inBytes: files * 65_536,
    outBytes: bytes.plan,
  };

  const [chunkBytes, stagedOfChunk] = [rawBytes / chunks, (bytes.staged + bytes.shared) / chunks];
  yield {
    ...none,
    stage: 'stage',
    parts: chunks,
    gets: 1,
    puts: buckets === 1 ? 1 : buckets + 2,
    inBytes: chunkBytes,
    outBytes: stagedOfChunk,
    documents: 1,
    documentBytes: bytes.plan,
    // The text, what was read of it, and its rows by bucket.
    diskBytes: chunkBytes + 2 * stagedOfChunk,
  };

  // Generated events name their users, and these keep to their own: there is nothing to tell a bucket.
  if (buckets > 1) {
    yield {
      ...none,
      stage: 'exchange',
      parts: buckets,
      gets: 2 * eventChunks + sessionChunks,
      inBytes: bytes.shared / buckets,
      documents: 1 + chunks,
      documentBytes: bytes.plan + bytes.stageMarkers,
      diskBytes: bytes.shared / buckets,
    };
  }

  const cleanIn = bytes.staged / buckets;
  const exchanges = buckets > 1 ? buckets : 0;
  yield {
    ...none,
    stage: 'clean',
    parts: buckets,
    gets: chunks,
    puts: days + files,
    inBytes: cleanIn,
    outBytes: bytes.clean / buckets,
    documents: 1 + chunks + exchanges,
    documentBytes: bytes.plan + bytes.stageMarkers + exchanges * exchangeMarkerBytes,
    diskBytes: cleanIn + bytes.clean / buckets,
  };

  const martsIn = (bytes.clean + bytes.staged) / buckets;
  yield {
    ...none,
    stage: 'marts',
    parts: buckets,
    gets: days + files,
    puts: 4,
    inBytes: martsIn,
    outBytes: bytes.marts / buckets,
    documents: 1 + buckets,
    documentBytes: bytes.plan + buckets * cleanMarkerBytes,
    diskBytes: martsIn + bytes.marts / buckets,
  };

  yield {
    ...none,
    stage: 'measure',
    parts: 1,
    gets: 4 * buckets,
    puts: 1,
    inBytes: bytes.marts,
    documents: 1 + chunks + 2 * buckets,
    documentBytes: bytes.plan + bytes.stageMarkers + 2 * buckets * cleanMarkerBytes,
    diskBytes: bytes.marts,
  };

  yield {
    ...none,
    stage: 'load',
    parts: buckets,
    gets: 2,
    inBytes: bytes.marts / buckets,
    documents: 2,
    documentBytes: bytes.plan + cleanMarkerBytes,
    // The marts, and both of them as text.
    diskBytes: (bytes.marts + rows.users * csvBytesPerUser) / buckets,
  };

  yield { ...none, stage: 'analyze', parts: 1, gets: 1, puts: 5 };
}

/** Days that a shop's events are spread over: one file each, and bucket. */
const days = 35;
/** A completion marker of exchange that tells nobody anything. */
const exchangeMarkerBytes = 500;
/** A completion marker of clean or marts: rules with examples, and an output a day. */
const cleanMarkerBytes = 12_000;
/** A user of both marts as CSV: some more than a hundred characters each. */
const csvBytesPerUser = 300;

/** Seconds of the database, which all parts of a load share, and of a function, for so many users. */
const loading = {
  copying: (users: number) => (users * load.copying.databaseCpuSeconds) / load.users / databaseCpus.value,
  completing: (users: number) =>
    (users * load.completing.databaseCpuSeconds) / load.users / databaseCpus.value,
  sending: (users: number) => (users * load.copying.functionCpuSeconds) / load.users,
};

function estimateStage(model: Model, shape: Shape, part: PartOfStage, width: number): StageEstimate {
  const { stage, parts } = part;
  const { memoryMb, storageMb } = functionSpecs[stage];
  const cpus = Math.min(model.parallelism, memoryMb / quotas.memoryMbPerCpu.value);
  const atATime = Math.min(parts, stage === 'load' ? Math.min(width, loadConcurrency) : width);
  const users = shape.rows.users / parts;
  const computing =
    stage === 'load'
      ? Math.max(loading.copying(users * atATime), loading.sending(users) / cpus)
      : cpuSeconds(model, stage, shape) / parts / cpus;
  // By the last part.
  const completing = stage === 'load' ? loading.completing(shape.rows.users) : 0;
  const requesting =
    Math.ceil((part.gets + part.puts) / objectsAtATime) * speeds.requestSeconds.value +
    Math.ceil(part.documents / documentsAtATime) * speeds.requestSeconds.value;
  const moving = (part.inBytes + part.outBytes + part.documentBytes) / speeds.bytesPerSecond.value;
  const partSeconds =
    speeds.coldStartSeconds.value +
    computing +
    requesting +
    moving +
    part.documentBytes / speeds.jsonBytesPerSecond.value;
  const mapped = parts > 1;
  const starting = mapped ? parts / quotas.mapChildrenStartedPerSecond.value : 0;
  // Each function writes its marker, after it has looked whether it is there.
  const [gets, puts] = [parts * (part.gets + part.documents + 1), parts * (part.puts + 1)];
  const functionSeconds = parts * partSeconds + completing;
  const gbSeconds = (functionSeconds * memoryMb) / 1024;
  const storageGbSeconds = (functionSeconds * Math.max(0, storageMb - 512)) / 1024;
  return {
    stage,
    parts,
    atATime,
    partSeconds,
    longestSeconds: partSeconds + completing,
    seconds: Math.max(Math.ceil(parts / atATime) * partSeconds, starting) + completing,
    dollars:
      gbSeconds * dollars.gbSecond.value +
      storageGbSeconds * dollars.storageGbSecond.value +
      parts * dollars.invocation.value +
      // A child of a map is an execution with one state, and begins.
      (mapped ? 2 * parts + 1 : 1) * dollars.transition.value +
      puts * dollars.put.value +
      gets * dollars.get.value,
    gets,
    puts,
  };
}

/** `uploadAll` and `downloadAll` of layers/platform/object-store.ts; sockets of the AWS SDK. */
const objectsAtATime = 8;
const documentsAtATime = 50;

function limitsOf({ stage, diskBytes, documentBytes }: PartOfStage, seconds: number): Limit[] {
  const { timeoutSeconds, storageMb, memoryMb } = functionSpecs[stage];
  return [
    { stage, of: 'time', needs: seconds, has: timeoutSeconds, unit: 's' },
    { stage, of: 'storage', needs: diskBytes, has: storageMb * 2 ** 20, unit: 'bytes' },
    {
      stage,
      of: 'memory of documents',
      needs: documentBytes * speeds.jsonBytesInMemoryPerByte.value,
      has: memoryMb * 2 ** 20,
      unit: 'bytes',
    },
  ];
}

/** Bytes of the state between the stages: the run, and the indexes to map over. */
export function payloadOf({ chunks, buckets }: Pick<Shape, 'chunks' | 'buckets'>): number {
  const run = JSON.stringify({
    runId: 'f'.repeat(16),
    drop: 'd'.repeat(63),
    attempt: 1,
    plan: { chunks: [], buckets: [] },
  });
  return run.length + indexBytes(chunks) + indexBytes(buckets);
}

/** Bytes of `0,1,2,..,n-1`. */
function indexBytes(count: number): number {
  let bytes = Math.max(0, count - 1);
  for (let [from, digits] = [0, 1]; from < count; from = 10 ** digits, digits += 1)
    bytes += (Math.min(count, 10 ** digits) - from) * digits;
  return bytes;
}

/** The number of events at which a limit is met, between 1e5 and 1e13; undefined where it is not. */
export function reachedAt(
  model: Model,
  { stage, of }: Pick<Limit, 'stage' | 'of'>,
  concurrency: number,
): number | undefined {
  const share = (events: number) => {
    const { limits } = onLambda(model, shapeOf(model, events), concurrency);
    const limit = limits.find((one) => one.stage === stage && one.of === of);
    return limit === undefined ? 0 : limit.needs / limit.has;
  };
  let [low, high] = [5, 13];
  if (share(10 ** high) < 1) return undefined;
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2;
    if (share(10 ** middle) < 1) low = middle;
    else high = middle;
  }
  return 10 ** high;
}

/** What reading all clean events once costs in Athena. */
export const athenaScanDollars = ({ bytes }: Shape) => bytes.clean * dollars.athenaByte.value;

function cpuSeconds(model: Model, stage: MeasuredStage, shape: Shape): number {
  return at(model.rates[stage], workOf[stage](shape));
}

/** As layers/engine/plan/chunks.ts plans them, a file a dataset. */

function chunksOf(raw: Readonly<Record<DatasetName, number>>): number {
  return total(Object.values(raw).map(chunksOfSize));
}

const chunksOfSize = (bytes: number) => Math.max(1, Math.ceil(bytes / CHUNK_BYTES));

function total(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

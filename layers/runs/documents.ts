import { z } from 'zod';
import { columnBinding } from '../data/column-binding.ts';
import { datasetNames } from '../data/datasets/index.ts';
import { dialectSettings } from '../data/file-writing.ts';
import { piiColumn } from '../data/pii.ts';
import { eventFate, eventRows, ruleCount } from '../data/row-counts.ts';
import { configSchema } from '../experiment/config-schema.ts';
import {
  armPurchases,
  assignedOutcomes,
  earlyExposures,
  eventQuality,
  populationStep,
} from '../experiment/measurements.ts';
import { unavailable } from '../report/schema.ts';

const count = z.number().int().nonnegative();
const runId = z.string().regex(/^[0-9a-f]{16}$/);
const dataset = z.enum(datasetNames);
const moment = z.iso.datetime();

/** Input of the state machine and, with `index`, of each of its stages. */
export const stageEvent = z.strictObject({
  runId,
  drop: z.string(),
  attempt: z.number().int().positive(),
  index: count.default(0),
});
export type StageEvent = z.infer<typeof stageEvent>;

/** `_MANIFEST.json` of a drop: what an upload consists of. Written last. */
export const dropManifest = z.strictObject({
  schemaVersion: z.literal(1),
  files: z.array(z.strictObject({ key: z.string(), etag: z.string(), size: count })),
  /** Up to when the data are complete, when the uploader knows it. */
  asOf: moment.nullable().default(null),
  /** Makes each upload's manifest an object of its own, so that the uploader knows which answer of the gate is his. */
  uploadId: z.string().optional(),
});
export type DropManifest = z.infer<typeof dropManifest>;

export const rawInput = z.strictObject({
  kind: z.enum([...datasetNames, 'summary', 'excluded_users', 'config']),
  key: z.string(),
  versionId: z.string().nullable(),
  /** Without quotes. */
  etag: z.string(),
  size: count,
  lastModified: moment,
});
export type RawInput = z.infer<typeof rawInput>;

/** `runs/<id>/inputs.json`: what the gate pinned. */
export const runInputs = z.strictObject({
  schemaVersion: z.literal(1),
  runId,
  drop: z.string(),
  inputs: z.array(rawInput),
  asOf: moment.nullable(),
  /**
   * When the files were handed over, where their own times do not tell: those of this machine may be copies with the time
   * of the original, or of none. Absent for uploads, whose files S3 dates itself.
   */
  receivedAt: moment.optional(),
  configHash: z.string(),
  codeVersion: z.string(),
  /** Nobody said that these are all files of the drop: it was quiet for a while. Absent where a manifest does. */
  undeclared: z.literal(true).optional(),
  /** Why the drop cannot be run as uploaded (a manifest that cannot be read): `plan` fails with this sentence. */
  problem: z.string().optional(),
});
export type RunInputs = z.infer<typeof runInputs>;

/** `gate/<drop>/{manifest,files}.json`: what the gate last did about the drop, and which object made it. */
export const gateAnswer = z.strictObject({
  schemaVersion: z.literal(1),
  drop: z.string(),
  trigger: z.strictObject({ key: z.string(), etag: z.string() }),
  outcome: z.enum([
    /** This event started the execution. */
    'started',
    /** The same content is running. */
    'running',
    /** The same content was run before, with success. */
    'succeeded',
    /** The same content failed before, and this event is older than that attempt. */
    'failed',
    /** A required dataset, or a file that the manifest names, is not there. */
    'incomplete',
    /** A newer object of the drop will start it. */
    'superseded',
  ]),
  runId: runId.nullable(),
  attempt: z.number().int().positive().nullable(),
  /** What an incomplete drop lacks. */
  missing: z.array(z.string()),
});
export type GateAnswer = z.infer<typeof gateAnswer>;

/**
 * `gate/<drop>/uploads.json`: the runs that the drop has been, the newest upload first. It is the order in which runs of
 * a drop replace each other, so content that is uploaded again after other content is the newest again.
 */
export const dropUploads = z.strictObject({
  schemaVersion: z.literal(1),
  drop: z.string(),
  /** Each run once, with the attempt that the upload is meant for. */
  runs: z.array(z.strictObject({ runId, attempt: z.number().int().positive() })).min(1),
  /** The files of the newest upload as they were listed. */
  files: z.array(z.strictObject({ key: z.string(), etag: z.string(), lastModified: moment })),
});
export type DropUploads = z.infer<typeof dropUploads>;

/** A file, or a byte range of one, that one `stage` child turns into Parquet. */
export const chunk = z.strictObject({
  index: count,
  dataset,
  /** Ordinal among the dataset's chunks. */
  part: count,
  key: z.string(),
  versionId: z.string().nullable(),
  etag: z.string(),
  size: count,
  gzip: z.boolean(),
  /** Byte range [start, end) whose records (those that begin in it) belong to the chunk; null: the whole object. */
  range: z.strictObject({ start: count, end: count }).nullable(),
  /** Header of the file, in its order. */
  header: z.array(z.string()),
  /** Canonical columns the file provides. */
  bindings: z.array(columnBinding),
  /** Columns of the file outside the contract that are kept as text, where the contract keeps them. */
  otherColumns: z.array(z.string()),
  /** Columns of personal data, where the configuration marks some. */
  pii: z.array(piiColumn).optional(),
  /** How it is cut into fields, where the configuration says so. */
  dialect: dialectSettings.optional(),
});
export type Chunk = z.infer<typeof chunk>;

/** `runs/<id>/plan.json`. */
export const runPlan = z.strictObject({
  schemaVersion: z.literal(1),
  runId,
  drop: z.string(),
  config: configSchema,
  configHash: z.string(),
  codeVersion: z.string(),
  asOf: moment.nullable(),
  chunks: z.array(chunk),
  /** Number of user buckets that clean and marts are spread over, and of the shares of ids that exchange is; none of sums by arm. */
  buckets: count,
  /** Datasets the drop has. */
  present: z.array(dataset),
  /** Metrics, checks and segments that are switched off, each with the reason. */
  unavailable: z.array(unavailable),
  /** Columns of user_outcomes that the drop has no data for: NULL, where zero would be a claim. */
  unmeasured: z.array(z.string()),
});
export type RunPlan = z.infer<typeof runPlan>;

/** An object a stage wrote. `bucket` is set where an object holds the rows of one user bucket. */
export const output = z.strictObject({
  key: z.string(),
  rows: count,
  bytes: count,
  /** Where in the object each share ends, if it is made of the Parquet files of several. */
  ends: z.array(count).optional(),
  /** Names the bytes: of two objects with the same tag either may be taken. Not every stage tells it. */
  etag: z.string().optional(),
  bucket: count.nullable().default(null),
});
export type Output = z.infer<typeof output>;

/** Result of `stage` for a chunk: lines = accepted + quarantined, header and blank lines not counted. */
export const stageResult = z.strictObject({
  dataset,
  part: count,
  lines: count,
  accepted: count,
  quarantined: count,
  quarantineRules: z.array(ruleCount),
  /** Quarantined rows by the name of their event as it is written, the most frequent ones. Older runs did not tell. */
  quarantinedEvents: z.array(eventRows).optional(),
  /** Line feeds of the chunk: by so many lines the next one of the file begins later. Older runs did not tell. */
  lineFeeds: count.optional(),
});
export type StageResult = z.infer<typeof stageResult>;

/** Result of `exchange` for a share of the ids: what it told buckets of others. */
export const exchangeResult = z.strictObject({
  /** Sessions that a bucket has, or refers to, and of which rows lie in others: once for each such bucket. */
  sessions: count,
  /** Events without a user, sent to the bucket of the user of their session. */
  events: count,
  /** Events whose id users of other buckets have as well. */
  conflicts: count,
});
export type ExchangeResult = z.infer<typeof exchangeResult>;

/** What became of the rows of one part (chunk) of a dataset. */
export const partCounts = z.strictObject({
  part: count,
  accepted: count,
  quarantined: count,
  duplicates: count,
});
export type PartCounts = z.infer<typeof partCounts>;

/** Beyond so many names of events, not all of them are told. */
export const eventNamesLimit = 100;

/** Result of `clean` for a bucket; counts per dataset and part. staged rows = accepted + quarantined + duplicates. */
export const cleanResult = z.strictObject({
  datasets: z.partialRecord(
    dataset,
    z.strictObject({
      accepted: count,
      quarantined: count,
      duplicates: count,
      parts: z.array(partCounts),
      /** The first rows that repeat others. Older runs did not tell. */
      duplicateExamples: ruleCount.shape.examples.optional(),
    }),
  ),
  quarantineRules: z.array(ruleCount),
  /** Oddities that do not take a row out. */
  warnings: z.array(ruleCount),
  currencies: z.array(z.string()),
  latestEventTs: moment.nullable(),
  /** The first `eventNamesLimit` names of the accepted events, by the alphabet. Older runs did not tell. */
  eventNames: z.array(z.string()).optional(),
  /** Of the events that `decisiveEvents` names. Older runs did not tell. */
  decisiveEvents: z.array(eventFate).optional(),
});
export type CleanResult = z.infer<typeof cleanResult>;

/** Result of `marts` for a bucket. */
export const martsResult = z.strictObject({
  asOf: moment.nullable(),
  population: z.array(populationStep),
  arms: z.array(
    z.strictObject({
      experimentId: z.string(),
      variant: z.string(),
      /** Users assigned to this variant alone, where it is one of the experiment's. */
      assigned: count,
      /** Users assigned to this variant first and to another one as well. */
      crossovers: count,
      /** Users of a variant that the experiment does not have. */
      unknown: count,
      /** Those of `crossovers` who were assigned to several variants at the same time first. Older runs did not tell. */
      tied: count.optional(),
      /** Those of `assigned` who are excluded, and those exposed only before the assignment. Older runs did not tell. */
      excluded: count.optional(),
      early: count.optional(),
    }),
  ),
  /** Older runs did not tell. */
  assignedOutcomes: z.array(assignedOutcomes.extend({ experimentId: z.string() })).optional(),
  /** `assigned` by UTC day of assignment. */
  assignedByDay: z.array(
    z.strictObject({ experimentId: z.string(), variant: z.string(), day: z.iso.date(), users: count }),
  ),
  earlyExposures: z.array(earlyExposures.extend({ experimentId: z.string() })),
  /** A user of each kind that is left out and of whom one may want to see the rows. Older runs did not tell. */
  examples: z
    .array(
      z.strictObject({
        experimentId: z.string(),
        step: z.enum(['crossovers', 'exposed_before_assignment']),
        userId: z.string(),
      }),
    )
    .optional(),
  /** What the events tell of how they were logged. Older runs did not tell. */
  eventQuality: z
    .strictObject({
      purchases: z.array(armPurchases.extend({ experimentId: z.string() })),
      byAssignment: z.array(
        z.strictObject({
          experimentId: z.string(),
          day: z.iso.date(),
          event: z.string(),
          events: count,
          unassigned: count,
        }),
      ),
      spellings: z.array(eventQuality.shape.spellings.element.extend({ experimentId: z.string() })),
    })
    .optional(),
});
export type MartsResult = z.infer<typeof martsResult>;

/** Result of `load` for a bucket: what is now in the tables of its users. Money as a decimal string. */
export const loadResult = z.strictObject({
  tables: z.array(z.strictObject({ table: z.string(), rows: count, revenue: z.string().nullable() })),
  variants: z.array(z.strictObject({ experimentId: z.string(), variant: z.string(), users: count })),
});
export type LoadResult = z.infer<typeof loadResult>;

/** Result of `publish`: whether the run is the one its drop shows, else why not. */
export const publishResult = z.strictObject({ published: z.boolean(), reason: z.string().nullable() });
export type PublishResult = z.infer<typeof publishResult>;

/** `runs/<id>/failure.json`. */
export const failure = z.strictObject({
  schemaVersion: z.literal(1),
  runId,
  drop: z.string(),
  attempt: z.number().int().positive(),
  stage: z.string().nullable(),
  error: z.string(),
  message: z.string(),
  failedAt: moment,
});
export type Failure = z.infer<typeof failure>;

/** `latest/<drop>.json`: the drop's published run. */
export const latest = z.strictObject({
  schemaVersion: z.literal(1),
  drop: z.string(),
  runId,
  /** Newest LastModified among the run's inputs: what "newer" means between runs of a drop. */
  inputsAsOf: moment,
  manifest: z.string(),
  report: z.string(),
  publishedAt: moment,
});
export type Latest = z.infer<typeof latest>;

/** `processed/runs/<run>/notified.json`: that the webhook has taken what was decided. */
export const notified = z.strictObject({
  schemaVersion: z.literal(1),
  runId,
  /** Of the run and its decisions. */
  idempotencyKey: z.string(),
  deliveredAt: z.iso.datetime(),
});
export type Notified = z.infer<typeof notified>;

/** What became of the lines of one file: lines = accepted + quarantined + duplicates. */
export const fileCounts = z.strictObject({
  key: z.string(),
  lines: count,
  accepted: count,
  quarantined: count,
  duplicates: count,
});
export type FileCounts = z.infer<typeof fileCounts>;

/** The stages, in the order in which data flow through them, and what each says of its work in its completion marker. */
export const stageResults = {
  /** What the state machine maps over. */
  plan: z.strictObject({ chunks: z.array(count), buckets: z.array(count) }),
  stage: stageResult,
  exchange: exchangeResult,
  clean: cleanResult,
  marts: martsResult,
  measure: z.strictObject({ experiments: z.array(z.string()), files: z.array(fileCounts) }),
  /** The decision of each experiment, for the run's manifest. */
  analyze: z.strictObject({
    decisions: z.array(z.strictObject({ experimentId: z.string(), action: z.string() })),
  }),
  load: loadResult,
  publish: publishResult,
} as const;
export type StageName = keyof typeof stageResults;
/** The stages of the state machine; of branches the first one first. */
export const stageNames = Object.keys(stageResults) as [StageName, ...StageName[]];
export type ResultOf<Stage extends StageName> = z.infer<(typeof stageResults)[Stage]>;

/** What a part of a stage was made of, for later runs of the same. */
export const work = z.strictObject({
  /** Hash of all that its outputs depend on. */
  key: z.string(),
  /** What they depend on under conditions that the stage knows. */
  aside: z.json(),
  /** The run whose outputs were taken over; null where the work was done. */
  takenFrom: runId.nullable(),
});
export type Work = z.infer<typeof work>;

/** `work/<stage>/<key>.json`: the part that last came to these outputs. Written after its marker. */
export const workEntry = z.strictObject({ runId, index: count });

const marker = z.strictObject({
  index: count,
  attempt: z.number().int().positive(),
  startedAt: moment,
  finishedAt: moment,
  outputs: z.array(output),
  work: work.optional(),
});
const markerOf = <Stage extends StageName>(stage: Stage) =>
  marker.extend({ stage: z.literal(stage), result: stageResults[stage] });

/** `runs/<id>/done/<stage>-<index>.json`: written last by a stage; a stage whose marker exists does nothing. */
export const stageMarker = z.discriminatedUnion('stage', [
  markerOf('plan'),
  markerOf('stage'),
  markerOf('exchange'),
  markerOf('clean'),
  markerOf('marts'),
  markerOf('measure'),
  markerOf('load'),
  markerOf('analyze'),
  markerOf('publish'),
]);
export type StageMarker = z.infer<typeof stageMarker>;

/** What a stage did, and what it says of it. */
export interface Completion<Stage extends StageName> extends z.infer<typeof marker> {
  readonly stage: Stage;
  readonly result: ResultOf<Stage>;
}

/** `runs/<id>/errors/<stage>-<index>.json`: what kept a part of a stage from being done, in its last try. */
export const stageError = z.strictObject({
  stage: z.enum(stageNames),
  index: z.number(),
  attempt: z.number(),
  error: z.string(),
  fault: z.object({ what: z.string(), where: z.string().optional(), remedy: z.string().optional() }),
});
export type StageError = z.infer<typeof stageError>;

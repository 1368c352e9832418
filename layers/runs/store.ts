import type { z } from 'zod';
import { measurements } from '../experiment/measurements.ts';
import { summaryRows } from '../experiment/summary.ts';
import { IncompleteError } from '../platform/errors.ts';
import type { ObjectStore } from '../platform/object-store.ts';
import { reportSchema } from '../report/schema.ts';
import {
  dropUploads,
  failure,
  gateAnswer,
  latest,
  notified,
  runInputs,
  runPlan,
  stageError,
  stageMarker,
  workEntry,
} from './documents.ts';
import { processedKeys } from './keys.ts';
import { runManifest } from './run-manifest.ts';

/** A kind of document: where one lies, and what it is written and read by. */
interface DocumentKind<At extends readonly unknown[], Value> {
  readonly key: (...at: At) => string;
  readonly schema: z.ZodType<Value>;
}

function kind<At extends readonly unknown[], Value>(
  key: (...at: At) => string,
  schema: z.ZodType<Value>,
): DocumentKind<At, Value> {
  return { key, schema };
}

/** Every document that the pipeline leaves: those of a run by its id, those of a drop by its name. */
const documents = {
  inputs: kind(processedKeys.inputs, runInputs),
  plan: kind(processedKeys.plan, runPlan),
  summary: kind(processedKeys.summary, summaryRows),
  marker: kind(processedKeys.done, stageMarker),
  error: kind(processedKeys.error, stageError),
  work: kind(processedKeys.work, workEntry),
  measurements: kind(processedKeys.measurements, measurements),
  report: kind((runId: string) => processedKeys.report(runId, 'report.json'), reportSchema),
  manifest: kind(processedKeys.manifest, runManifest),
  failure: kind(processedKeys.failure, failure),
  notified: kind(processedKeys.notified, notified),
  gate: kind(processedKeys.gate, gateAnswer),
  uploads: kind(processedKeys.uploads, dropUploads),
  latest: kind(processedKeys.latest, latest),
};
type Documents = typeof documents;
export type DocumentName = keyof Documents;

export const documentNames = Object.keys(documents) as DocumentName[];

/** What a run stands on: written before its first part, and never changed. */
export const pinnedDocuments = ['inputs', 'plan'] as const satisfies DocumentName[];

/** What tells one document of its kind from the others: a run's id, a drop's name, perhaps a stage and a part. */
export type At<Name extends DocumentName> = Parameters<Documents[Name]['key']>;
export type DocumentOf<Name extends DocumentName> = z.infer<Documents[Name]['schema']>;

export interface StoreOptions {
  /** Kinds of documents that are read and checked once: those that nobody else writes as long as this store is used. */
  readonly remembers?: readonly DocumentName[];
  /** Where runs of before left their work; by default in the same place. */
  readonly earlier?: readonly RunStore[];
}

/** The files of drops, and what runs make of them: in two buckets, or in two folders of this machine. */
export class RunStore {
  readonly raw: ObjectStore;
  readonly processed: ObjectStore;
  readonly earlier: readonly RunStore[];
  readonly #remembers: ReadonlySet<DocumentName>;
  readonly #remembered = new Map<string, unknown>();

  constructor(
    raw: ObjectStore,
    processed: ObjectStore,
    { remembers = [], earlier = [this] }: StoreOptions = {},
  ) {
    this.raw = raw;
    this.processed = processed;
    this.earlier = earlier;
    this.#remembers = new Set(remembers);
  }

  /** Key of a document in the processed store. */
  key<Name extends DocumentName>(name: Name, ...at: At<Name>): string {
    const { key } = documents[name] as unknown as { key: (...at: At<Name>) => string };
    return key(...at);
  }

  /** The document, or undefined where there is none. */
  async read<Name extends DocumentName>(name: Name, ...at: At<Name>): Promise<DocumentOf<Name> | undefined> {
    const key = this.key(name, ...at);
    const known = this.#remembered.get(key);
    if (known !== undefined) return known as DocumentOf<Name>;
    const value = (await this.readTagged(name, ...at))?.value;
    if (value !== undefined) this.#remember(name, key, value);
    return value;
  }

  /** The document with the entity tag to replace it by, or undefined where there is none. */
  async readTagged<Name extends DocumentName>(
    name: Name,
    ...at: At<Name>
  ): Promise<{ readonly value: DocumentOf<Name>; readonly etag: string } | undefined> {
    const stored = await this.processed.getTextWithEtag(this.key(name, ...at));
    if (stored === undefined) return undefined;
    return { value: this.#parse(name, JSON.parse(stored.text)), etag: stored.etag };
  }

  /** The same where a text that is no such document may be replaced as well: `value` is undefined then. */
  async readReplaceable<Name extends DocumentName>(
    name: Name,
    ...at: At<Name>
  ): Promise<{ readonly value: DocumentOf<Name> | undefined; readonly etag: string } | undefined> {
    const stored = await this.processed.getTextWithEtag(this.key(name, ...at));
    if (stored === undefined) return undefined;
    const { schema } = documents[name] as unknown as { schema: z.ZodType<DocumentOf<Name>> };
    return { value: schema.safeParse(JSON.parse(stored.text)).data, etag: stored.etag };
  }

  /** @throws IncompleteError where the document is not there */
  async require<Name extends DocumentName>(name: Name, ...at: At<Name>): Promise<DocumentOf<Name>> {
    const found = await this.read(name, ...at);
    if (found !== undefined) return found;
    throw new IncompleteError({
      what: `the document "${name}" of the run is not there`,
      where: `${this.processed.location}/${this.key(name, ...at)}`,
      remedy: 'Runs are started by the gate: upload the files again',
    });
  }

  /** Returns the document's size in bytes. */
  async write<Name extends DocumentName>(name: Name, at: At<Name>, value: DocumentOf<Name>): Promise<number> {
    const key = this.key(name, ...at);
    const { size } = await this.processed.putJson(key, value);
    this.#remember(name, key, value);
    return size;
  }

  /** Returns false, and changes nothing, where the document is there already. */
  async writeOnce<Name extends DocumentName>(
    name: Name,
    at: At<Name>,
    value: DocumentOf<Name>,
  ): Promise<boolean> {
    return this.processed.putJsonIfAbsent(this.key(name, ...at), value);
  }

  /**
   * Writes the document only while it is as it was when `etag` was read; undefined: while there is none.
   * @returns false, having changed nothing, where it is another by now
   */
  async replace<Name extends DocumentName>(
    name: Name,
    at: At<Name>,
    value: DocumentOf<Name>,
    etag: string | undefined,
  ): Promise<boolean> {
    if (etag === undefined) return this.writeOnce(name, at, value);
    return this.processed.putJsonIfMatch(this.key(name, ...at), value, etag);
  }

  #remember(name: DocumentName, key: string, value: unknown): void {
    if (this.#remembers.has(name)) this.#remembered.set(key, value);
  }

  #parse<Name extends DocumentName>(name: Name, value: unknown): DocumentOf<Name> {
    return (documents[name].schema as z.ZodType<DocumentOf<Name>>).parse(value);
  }
}

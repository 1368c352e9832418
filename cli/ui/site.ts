import { datasetNames } from '../../layers/data/datasets/index.ts';
import { S3Store } from '../../layers/platform/s3.ts';
import { processedKeys } from '../../layers/runs/keys.ts';
import { databaseStages } from '../../layers/runs/stages.ts';
import { RunStore } from '../../layers/runs/store.ts';
import { previousRun } from '../pipeline/compare.ts';
import type { Connection } from '../pipeline/connection.ts';
import { type PublishedMarts, readPublishedMarts } from '../pipeline/published-marts.ts';
import { describeRun, type RunDetails } from '../pipeline/run-details.ts';
import { Quarantine, type QuarantinedRow, type RuleRows } from '../quarantine/quarantine.ts';

/** What a run did not use. */
export interface QuarantineSummary {
  readonly counts: readonly RuleRows[];
  /** A few rows of each rule; `place` is `file:line`. */
  readonly rows: readonly (QuarantinedRow & { readonly place: string })[];
}

/** A run with what takes longer to look up, and is of interest once the run has ended. */
export interface RunRecord extends RunDetails {
  readonly quarantine: QuarantineSummary | null;
  readonly marts: PublishedMarts | null;
  /** The run of its drop that was uploaded before it and succeeded. */
  readonly previous: string | null;
}

const examplesPerRule = 3;
const mostQuarantinedBytes = 64_000_000;

/** Where the pages get their data. Holds nothing but copies of what never changes. */
export class Site {
  readonly connection: Connection;
  readonly #databaseUrl: () => Promise<string>;
  readonly #quarantines = new Memory<QuarantineSummary>(50);

  /** @param databaseUrl finds the database of the marts, and is asked for each run */
  constructor(connection: Connection, databaseUrl: () => Promise<string>) {
    const processed = new RememberingStore(connection.processed.bucket);
    this.connection = { ...connection, processed, store: new RunStore(connection.raw, processed) };
    this.#databaseUrl = databaseUrl;
  }

  async run(runId: string): Promise<RunRecord> {
    const details = await describeRun(this.connection, runId);
    if (details.status === 'RUNNING') return { ...details, quarantine: null, marts: null, previous: null };
    const { attempt, drop, published, report } = details;
    const [quarantine, marts, previous] = await Promise.all([
      this.#quarantines.get(`${runId}-a${attempt}`, () => this.#quarantineOf(details)),
      published && drop !== null ? readPublishedMarts(this.#databaseUrl, { drop, runId }) : null,
      report !== null && drop !== null ? previousRun(this.connection, { runId, drop }) : undefined,
    ]);
    return { ...details, quarantine, marts, previous: previous ?? null };
  }

  /** Rows are copied to be read: where there are too many, the report's counts have to do. */
  async #quarantineOf({ runId, report }: RunDetails): Promise<QuarantineSummary> {
    if ((await quarantinedBytes(this.connection.processed, runId)) > mostQuarantinedBytes) {
      const counts = report?.quarantineRules ?? [];
      return {
        counts: counts.map(({ dataset, column, rule, rows }) => ({ dataset, column, rule, rows })),
        rows: [],
      };
    }
    await using quarantine = await Quarantine.open(this.connection.store, runId, {});
    return { counts: await quarantine.counts(), rows: await quarantine.examples(examplesPerRule) };
  }
}

async function quarantinedBytes(processed: S3Store, runId: string): Promise<number> {
  const folders = datasetNames.map((dataset) => processedKeys.quarantine(dataset, runId, 'stage', 0));
  const objects = await Promise.all(
    folders.map((key) => processed.list(key.slice(0, key.lastIndexOf('/') + 1))),
  );
  return objects.flat().reduce((sum, { size }) => sum + size, 0);
}

/** The newest answers by name; one that failed is asked for again. */
class Memory<Value> {
  readonly #limit: number;
  readonly #values = new Map<string, Promise<Value>>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(name: string, ask: () => Promise<Value>): Promise<Value> {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const asked = ask();
    this.#values.set(name, asked);
    asked.catch(() => this.#values.delete(name));
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#limit && oldest !== undefined) this.#values.delete(oldest);
    return asked;
  }
}

const writtenOnce =
  /^processed\/(runs\/[0-9a-f]+\/((inputs|plan|manifest)\.json|done\/(?<stage>[a-z]+)-\d+\.json)|reports\/run_id=[0-9a-f]+\/report\.json)$/;

/**
 * Whether a document of the processed bucket is written once: a page that looks every second need not read it every
 * time. What a stage did in the database, each attempt writes anew.
 */
export function isWrittenOnce(key: string): boolean {
  const found = writtenOnce.exec(key);
  return found !== null && !(databaseStages as readonly (string | undefined)[]).includes(found.groups?.stage);
}

/** Even so they are asked for anew each minute: the bucket may have been wiped and filled again. */
const rememberedMilliseconds = 60_000;

class RememberingStore extends S3Store {
  #texts = new Map<string, string>();
  #since = Date.now();

  override async getText(key: string, versionId?: string | null): Promise<string | undefined> {
    if (Date.now() - this.#since > rememberedMilliseconds) {
      this.#texts = new Map();
      this.#since = Date.now();
    }
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = await super.getText(key, versionId);
    if (text !== undefined && !versionId && isWrittenOnce(key)) this.#texts.set(key, text);
    return text;
  }
}

import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { baseConfigFile } from '../experiment/run-configuration.ts';
import { type Engine, engineOf, sharedEngine } from '../platform/duckdb.ts';
import { FolderStore } from '../platform/folder-store.ts';
import { sha256 } from '../platform/hash.ts';
import { type Logger, silentLogger } from '../platform/log.ts';
import type { Report } from '../report/schema.ts';
import type { RawInput, RunInputs, StageName } from '../runs/documents.ts';
import { runIdOf } from '../runs/run-id.ts';
import { type Refusal, runStage, type Stage } from '../runs/stage.ts';
import { partsOf } from '../runs/stages.ts';
import { documentNames, RunStore, type StoreOptions } from '../runs/store.ts';
import { analyzeStage } from './analyze/analyze.ts';
import { cleanStage } from './clean/clean.ts';
import { exchangeStage } from './exchange/exchange.ts';
import { knownContents } from './known-contents.ts';
import { martsStage } from './marts/marts.ts';
import { measureStage } from './measure/measure-run.ts';
import { planStage } from './plan/plan.ts';
import { stageStage } from './stage/stage.ts';

/** A file of a drop on this machine, and the key that it would have in the raw bucket. */
export interface LocalFile {
  readonly kind: RawInput['kind'];
  readonly file: string;
  readonly key: string;
}

export interface LocalRunOptions {
  readonly drop: string;
  readonly files: readonly LocalFile[];
  /**
   * Folder for what the stages leave. A run of the same content finds there what it has done before, another one takes
   * over what the runs that lie there have made of the same.
   */
  readonly folder: string;
  /** Part of the run's identity. */
  readonly codeVersion: string;
  /** When the files were handed over: now by default, whatever their own times say. */
  readonly receivedAt?: Date;
  /** What the query engine may use; by default both follow the machine. */
  readonly limits?: { readonly memoryMb: number; readonly threads: number };
  readonly log?: Logger;
  /** Collects what would end the run, which then goes on as far as it can. */
  readonly refusals?: Refusal[];
  /** Hears of each stage that has parts before it begins, and when all its parts are done: how many of them there were before. */
  readonly onStage?: (stage: StageName, parts: number, state: 'begins' | 'done', asBefore?: number) => void;
}

export interface LocalRun {
  readonly runId: string;
  readonly store: RunStore;
}

const stages = [
  planStage,
  stageStage,
  exchangeStage,
  cleanStage,
  martsStage,
  measureStage,
  analyzeStage,
] as const;

/** A part of `stage` looks at the bytes of its chunk on one thread: the query engine works at another one meanwhile. */
const partsAtOnce: Readonly<Partial<Record<StageName, number>>> = { stage: 2 };

/**
 * Runs the pipeline in this process, from local files to the report, with the stages that the Lambda functions run. The
 * files are read where they lie.
 * @param last the stage to stop after
 * @throws the error of the first stage that fails
 */
export async function runLocal(options: LocalRunOptions, last: StageName = 'analyze'): Promise<LocalRun> {
  const { drop, folder, onStage = () => {} } = options;
  const pinned = await pinInputs(options);
  const { runId } = pinned;
  const others = (await runsIn(folder)).filter((other) => other !== runId);
  const store = openStore(folder, runId, options.files, {
    remembers: documentNames,
    earlier: others.map((other) => openStore(folder, other, [])),
  });
  // What an earlier try of this run has done stands on the day that was known then.
  const before = await store.read('inputs', runId);
  const inputs = { ...pinned, receivedAt: before?.receivedAt ?? pinned.receivedAt };
  await store.write('inputs', [runId], inputs);
  // A run that was killed leaves what it had at hand.
  await rm(workFolder(store), { recursive: true, force: true });
  const workspace = await workspaceOf(store);
  const bytes = inputs.inputs.reduce((sum, { size }) => sum + size, 0);
  await using engine = await sharedEngine({
    ...limitsOfMachine(bytes),
    ...options.limits,
    folder: workspace,
  });
  for (const stage of stages) {
    const parts = stage.name === 'plan' ? 1 : partsOf(stage.name, await store.require('plan', runId));
    const tell = parts === 0 ? () => {} : onStage;
    tell(stage.name, parts, 'begins');
    let asBefore = 0;
    const before = options.refusals ?? [];
    const refused: Refusal[][] = [];
    await eachPart(parts, partsAtOnce[stage.name] ?? 1, async (index) => {
      const isThere = (await store.read('marker', runId, stage.name, index)) !== undefined;
      const event = { runId, drop, attempt: 1, index };
      const refusals = options.refusals && [...before];
      await runPart(stage as Stage<StageName>, store, event, { ...options, engine, refusals });
      refused[index] = refusals?.slice(before.length) ?? [];
      const marker = await store.read('marker', runId, stage.name, index);
      if (isThere || typeof marker?.work?.takenFrom === 'string') asBefore += 1;
    });
    options.refusals?.push(...refused.flat());
    tell(stage.name, parts, 'done', asBefore);
    if (stage.name === last) break;
  }
  return { runId, store };
}

/** Does parts in their order, so many at once. None begins once one has failed; the first of those that failed is told. */
async function eachPart(
  parts: number,
  atOnce: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const failures = new Map<number, unknown>();
  const pending = Array.from({ length: parts }, (_, index) => index).values();
  const worker = async () => {
    for (const index of pending) {
      await work(index).catch((error: unknown) => failures.set(index, error));
      if (failures.size > 0) return;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()));
}

/** The report of a local run. */
export async function reportOf({ runId, store }: LocalRun): Promise<Report> {
  return store.require('report', runId);
}

/** Runs a further stage, `load` or `publish`, on what a local run has left. */
export async function runPart<Name extends StageName>(
  stage: Stage<Name>,
  store: RunStore,
  event: { readonly runId: string; readonly drop: string; readonly attempt: number; readonly index: number },
  {
    codeVersion,
    engine = engineOf(limitsOfMachine()),
    log = silentLogger,
    refusals,
  }: Pick<LocalRunOptions, 'codeVersion' | 'log'> & {
    readonly engine?: Engine;
    readonly refusals?: Refusal[] | undefined;
  },
): Promise<void> {
  const workspace = await workspaceOf(store);
  const folder = await mkdtemp(path.join(workspace, `${stage.name}-`));
  try {
    await runStage(stage, { event, store, codeVersion, folder, engine, log, refusals });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what other runs than `runId` left in the folder. */
export async function forgetOtherRuns(folder: string, runId: string): Promise<void> {
  const runs = (await runsIn(folder)).filter((name) => name !== runId);
  await Promise.all(runs.map((name) => rm(path.join(folder, name), { recursive: true, force: true })));
}

/**
 * The newest run in the folder, or undefined where there is none.
 * @param files where its raw files lie
 */
export async function localRunIn(folder: string, files: readonly LocalFile[]): Promise<LocalRun | undefined> {
  const runs = await runsIn(folder);
  const found = await Promise.all(
    runs.map(async (runId): Promise<LocalRun & { readonly at: number }> => {
      const store = openStore(folder, runId, files);
      const pinned = await store.processed.head(store.key('inputs', runId));
      return { runId, store, at: pinned?.lastModified.getTime() ?? 0 };
    }),
  );
  return found.toSorted((a, b) => b.at - a.at)[0];
}

/** Ids of the runs that lie in a folder, which need not be there. */
async function runsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names.filter((name) => /^[0-9a-f]{16}$/.test(name));
}

/** For what the parts of a run need for a while. */
const workFolder = ({ processed }: RunStore) => path.join(processed.location, 'work');

async function workspaceOf(store: RunStore): Promise<string> {
  const workspace = workFolder(store);
  await mkdir(workspace, { recursive: true });
  return workspace;
}

function openStore(
  folder: string,
  runId: string,
  files: readonly LocalFile[],
  options?: StoreOptions,
): RunStore {
  const root = path.join(folder, runId);
  return new RunStore(
    new FolderStore(root, new Map(files.map(({ key, file }) => [key, file]))),
    new FolderStore(root),
    options,
  );
}

async function pinInputs({
  drop,
  files,
  folder,
  codeVersion,
  receivedAt = new Date(),
}: LocalRunOptions): Promise<RunInputs> {
  const contents = await knownContents(new FolderStore(folder));
  const store = new FolderStore('/', new Map(files.map(({ key, file }) => [key, file])), contents.etagOf);
  const inputs = await Promise.all(
    files
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(async ({ kind, key, file }): Promise<RawInput> => {
        const found = await store.head(key);
        if (found === undefined) throw new Error(`${file} is gone`);
        const { etag, size, lastModified } = found;
        return { kind, key, versionId: null, etag, size, lastModified: lastModified.toISOString() };
      }),
  );
  await contents.save();
  const run = {
    schemaVersion: 1 as const,
    drop,
    inputs,
    asOf: null,
    receivedAt: receivedAt.toISOString(),
    configHash: sha256(baseConfigFile.text),
    codeVersion,
  };
  return { ...run, runId: runIdOf(run) };
}

/** Files below this have fewer rows than DuckDB gives one thread: a second one costs a fifth of the CPU and gains nothing. */
const bytesOfOneThread = 4 * 2 ** 20;

/** Half of the memory, up to what a large function has; a thread for each CPU, and two at least but for small files. */
function limitsOfMachine(bytes = Number.POSITIVE_INFINITY): { memoryMb: number; threads: number } {
  const memoryMb = Math.min(3008, Math.floor(os.totalmem() / 2 ** 21));
  return { memoryMb, threads: bytes < bytesOfOneThread ? 1 : Math.max(2, os.availableParallelism()) };
}

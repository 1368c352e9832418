import type { DatasetName } from '../data/datasets/index.ts';
import type { Engine } from '../platform/duckdb.ts';
import { CodeVersionError, PipelineError, TransientError } from '../platform/errors.ts';
import type { Logger } from '../platform/log.ts';
import {
  type FileCounts,
  type Output,
  type ResultOf,
  type StageEvent,
  type StageName,
  stageResults,
  type Work,
} from './documents.ts';
import { recordStageError } from './progress.ts';
import { databaseStages } from './stages.ts';
import type { RunStore } from './store.ts';

/** What one part of a stage works with, wherever it runs. */
export interface StageContext {
  /** The run, and which part of the stage this is. */
  readonly event: StageEvent;
  readonly store: RunStore;
  /** Of the code that does the work: a run is the work of one version. */
  readonly codeVersion: string;
  /** A temporary folder of this part alone, removed at its end. */
  readonly folder: string;
  readonly engine: Engine;
  readonly log: Logger;
  /** Where it is there, what would end the run is collected in it, and the stage goes on as far as it can. */
  readonly refusals?: Refusal[] | undefined;
}

/** Why a run of these data would end. */
export interface Refusal {
  readonly dataset: DatasetName;
  /** `file`: a file cannot be read at all, so its dataset is left aside. `rows`: too much is wrong with its rows. */
  readonly of: 'file' | 'rows';
  readonly error: PipelineError;
}

export interface StageOutcome<Stage extends StageName> {
  readonly outputs: readonly Output[];
  readonly result: ResultOf<Stage>;
  /** What later runs find it by, where they may take it over (`repeatable` in work.ts). */
  readonly work?: Work;
}

/** A stage of the pipeline: reads what earlier stages left in the store, and leaves its own outputs there. */
export interface Stage<Name extends StageName> {
  readonly name: Name;
  run(context: StageContext): Promise<StageOutcome<Name>>;
}

/**
 * Does what ends the run where it throws, unless refusals are collected.
 * @returns undefined where it threw and that was collected
 */
export async function attempt<Answer>(
  refusals: Refusal[] | undefined,
  { dataset, of }: Pick<Refusal, 'dataset' | 'of'>,
  work: () => Answer | Promise<Answer>,
): Promise<Answer | undefined> {
  try {
    return await work();
  } catch (error) {
    if (refusals === undefined || !(error instanceof PipelineError)) throw error;
    refusals.push({ dataset, of, error });
    return undefined;
  }
}

/**
 * Runs one part of a stage once in effect: does nothing where its completion marker exists (unless the work lies in the
 * database), writes the marker last, and records an error where the next stage can find it.
 * @throws CodeVersionError where another version of the code has planned the run; TransientError where the error of the part
 *   could not be recorded, and may be later
 */
export async function runStage<Name extends StageName>(
  stage: Stage<Name>,
  context: StageContext,
): Promise<ResultOf<Name>> {
  const { name } = stage;
  const { event, store, log } = context;
  const { runId, index, attempt } = event;
  const started = new Date();
  const startedAt = started.toISOString();
  try {
    await requireCode(name, context);
    const existing = databaseStages.includes(name)
      ? undefined
      : await store.read('marker', runId, name, index);
    if (existing !== undefined) {
      log.info('already done');
      return existing.result as ResultOf<Name>;
    }
    const { outputs, result, work } = await stage.run(context);
    const finished = new Date();
    const marker = { stage: name, index, attempt, startedAt, finishedAt: finished.toISOString() };
    const parsed = stageResults[name].parse(result) as ResultOf<Name>;
    await store.write('marker', [runId, name, index], {
      ...marker,
      outputs: [...outputs],
      result: parsed,
      ...(work && { work }),
    } as Parameters<typeof store.write<'marker'>>[2]);
    // Last: whoever finds the work finds it whole.
    if (work !== undefined) await store.write('work', [name, work.key], { runId, index });
    log.info('done', {
      outputs: outputs.length,
      rows: outputs.reduce((sum, { rows }) => sum + rows, 0),
      bytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
      ...('quarantined' in parsed && { quarantined: parsed.quarantined }),
      ...('files' in parsed && { run: linesOf(parsed.files) }),
      seconds: (finished.getTime() - started.getTime()) / 1000,
    });
    return parsed;
  } catch (error) {
    log.error(error instanceof PipelineError ? error.message : 'failed', { error });
    await recordStageError(store, name, event, error).catch((unrecorded: unknown) => {
      // Tried again, the part fails once more, and can say why. What stays refused must not hide why it failed.
      if (unrecorded instanceof TransientError) throw unrecorded;
      log.error('the error could not be recorded', { error: unrecorded });
    });
    throw error;
  }
}

/** What became of all lines of a run; alarms watch it (cdk/row-metrics.ts). */
function linesOf(files: readonly FileCounts[]): Pick<FileCounts, 'lines' | 'quarantined' | 'duplicates'> {
  const sum = (key: 'lines' | 'quarantined' | 'duplicates') =>
    files.reduce((total, counts) => total + counts[key], 0);
  return { lines: sum('lines'), quarantined: sum('quarantined'), duplicates: sum('duplicates') };
}

async function requireCode(
  stage: StageName,
  { event: { runId }, store, codeVersion }: StageContext,
): Promise<void> {
  const planned = await store.require(stage === 'plan' ? 'inputs' : 'plan', runId);
  if (planned.codeVersion === codeVersion) return;
  throw new CodeVersionError({
    what: `the run belongs to version ${short(planned.codeVersion)} of the code, and this is version ${short(codeVersion)}`,
    where: `run ${runId}, stage "${stage}"`,
    remedy: `Start a run of the same files with the version that is deployed now: ./ecom retry ${runId}`,
  });
}

const short = (version: string) => version.slice(0, 16);

import {
  CodeVersionError,
  ConfigError,
  DataError,
  IncompleteError,
  PipelineError,
  SchemaError,
  ThrottlingError,
  TransientError,
} from '../platform/errors.ts';
import {
  type Completion,
  type RunPlan,
  type StageError,
  type StageEvent,
  type StageMarker,
  type StageName,
  stageNames,
} from './documents.ts';
import { areas, processedKeys } from './keys.ts';
import { databaseStages, isMapped, partsOf } from './stages.ts';
import type { RunStore } from './store.ts';

const errorClasses = {
  CodeVersionError,
  ConfigError,
  DataError,
  IncompleteError,
  SchemaError,
  ThrottlingError,
  TransientError,
};

/** Leaves the error of one part of a stage where the next stage, `fail` and people find it. */
export async function recordStageError(
  store: RunStore,
  stage: StageName,
  { runId, index, attempt }: StageEvent,
  error: unknown,
): Promise<void> {
  const fault =
    error instanceof PipelineError
      ? error.fault
      : { what: error instanceof Error ? error.message : String(error) };
  const name = error instanceof Error ? error.name : 'Error';
  await store.write('error', [runId, stage, index], { stage, index, attempt, error: name, fault });
}

/**
 * Completion markers of all `parts` parts of a stage, in order. The status of a Map state is not trusted: a part without
 * a marker (of this attempt, where each attempt does the stage again) fails the run with the error it left behind.
 * @throws the part's own error, or IncompleteError where it left none
 */
export async function completionsOf<Stage extends StageName>(
  store: RunStore,
  stage: Stage,
  event: Pick<StageEvent, 'runId' | 'attempt'>,
  parts: number,
): Promise<Completion<Stage>[]> {
  const indexes = Array.from({ length: parts }, (_, index) => index);
  const markers = await Promise.all(indexes.map((index) => store.read('marker', event.runId, stage, index)));
  // What an earlier attempt did in the database says nothing of what is there now.
  const found = databaseStages.includes(stage)
    ? markers.map((marker) => (marker?.attempt === event.attempt ? marker : undefined))
    : markers;
  const missing = found.indexOf(undefined);
  if (missing < 0) return found as unknown as Completion<Stage>[];
  throw await reasonOf(store, stage, event, { index: missing, parts });
}

/**
 * Completion marker of one part of a stage.
 * @throws as `completionsOf`
 */
export async function completionOf<Stage extends StageName>(
  store: RunStore,
  stage: Stage,
  event: Pick<StageEvent, 'runId' | 'attempt'>,
  part: { readonly index: number; readonly parts: number },
): Promise<Completion<Stage>> {
  const found = await store.read('marker', event.runId, stage, part.index);
  if (found === undefined) throw await reasonOf(store, stage, event, part);
  return found as unknown as Completion<Stage>;
}

/** Why a part has no marker: the error that it left behind. */
async function reasonOf(
  store: RunStore,
  stage: StageName,
  event: Pick<StageEvent, 'runId' | 'attempt'>,
  { index, parts }: { readonly index: number; readonly parts: number },
): Promise<Error> {
  const recorded = errorOfAttempt(await store.read('error', event.runId, stage, index), event);
  if (recorded === undefined) {
    return new IncompleteError({
      what: `part ${index + 1} of ${parts} of the stage "${stage}" ended without a result: its function was killed`,
      where: `run ${event.runId}`,
      remedy: `See the log group of the function for the reason (memory, time), then: ./ecom retry ${event.runId}`,
    });
  }
  const ErrorClass = errorClasses[recorded.error as keyof typeof errorClasses];
  return ErrorClass === undefined
    ? new Error(`${recorded.error}: ${recorded.fault.what}`)
    : new ErrorClass(recorded.fault);
}

function errorOfAttempt(
  error: StageError | undefined,
  { attempt }: Pick<StageEvent, 'attempt'>,
): StageError | undefined {
  return error?.attempt === attempt ? error : undefined;
}

/** What a run's stages have left so far: completion markers and errors by stage and part. */
export class RunProgress {
  readonly runId: string;
  readonly #store: RunStore;
  readonly #written = new Map<string, StageMarker>();
  #keys: ReadonlySet<string> = new Set();
  #plan: RunPlan | undefined;

  constructor(store: RunStore, runId: string) {
    this.#store = store;
    this.runId = runId;
  }

  /** Looks at what is there now; what was read before and cannot change is not read again. */
  async look(): Promise<this> {
    const run = processedKeys.run(this.runId);
    const objects = await Promise.all(
      ['done/', 'errors/'].map((folder) => this.#store.processed.list(run + folder)),
    );
    this.#keys = new Set(objects.flat().map(({ key }) => key));
    return this;
  }

  async plan(): Promise<RunPlan | undefined> {
    this.#plan ??= await this.#store.read('plan', this.runId);
    return this.#plan;
  }

  /** How many parts a stage has; null where the plan has to say so and is not there yet. */
  async partsOf(stage: StageName): Promise<number | null> {
    if (!isMapped(stage)) return 1;
    const plan = this.#keys.has(processedKeys.done(this.runId, 'plan', 0)) ? await this.plan() : undefined;
    return plan === undefined ? null : partsOf(stage, plan);
  }

  /** Markers of the parts of a stage that are done, in the order of the parts. */
  async markersOf(stage: StageName): Promise<StageMarker[]> {
    const prefix = `${areas.runs}${this.runId}/done/${stage}-`;
    const keys = [...this.#keys].filter((key) => key.startsWith(prefix)).toSorted();
    return Promise.all(
      keys.map((key) => this.#marker(stage, Number(key.slice(prefix.length, -'.json'.length)))),
    );
  }

  /** All markers, in the order of the stages. */
  async markers(): Promise<StageMarker[]> {
    return (await Promise.all(stageNames.map((stage) => this.markersOf(stage)))).flat();
  }

  /** The error that a part of a stage left in an attempt and that no later try made good; undefined where there is none. */
  async errorOf(stage: StageName, index: number, attempt: number): Promise<StageError | undefined> {
    if (!this.#keys.has(processedKeys.error(this.runId, stage, index))) return undefined;
    return errorOfAttempt(await this.#store.read('error', this.runId, stage, index), { attempt });
  }

  /** Whether a part left an error, in whichever attempt, and has not been done since. */
  isStuck(stage: StageName, index: number): boolean {
    return (
      this.#keys.has(processedKeys.error(this.runId, stage, index)) &&
      !this.#keys.has(processedKeys.done(this.runId, stage, index))
    );
  }

  async #marker(stage: StageName, index: number): Promise<StageMarker> {
    const key = processedKeys.done(this.runId, stage, index);
    const known = this.#written.get(key);
    if (known !== undefined) return known;
    const marker = await this.#store.require('marker', this.runId, stage, index);
    // Each attempt does the work in the database anew, and writes its marker again.
    if (!databaseStages.includes(stage)) this.#written.set(key, marker);
    return marker;
  }
}

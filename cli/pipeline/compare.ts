import { UsageError } from '../../layers/platform/errors.ts';
import type { Comparison, Decision, MetricReport, Report } from '../../layers/report/schema.ts';
import type { RawInput } from '../../layers/runs/documents.ts';
import type { Connection } from './connection.ts';
import { readReport } from './run-report.ts';

/** A run beside an earlier one of its drop: what went in, and what came out. */
export interface RunComparison {
  readonly run: ComparedRun;
  readonly previous: ComparedRun;
  readonly inputs: readonly InputChange[];
  /** Settings that are not the same, by their path. */
  readonly settings: readonly Change<unknown>[];
  readonly codeChanged: boolean;
  readonly quality: readonly (Change<Quality | null> & { readonly name: string })[];
  readonly experiments: readonly ExperimentChange[];
}

export interface ComparedRun {
  readonly runId: string;
  readonly drop: string;
  readonly asOf: string | null;
}

export interface Change<Value> {
  readonly name: string;
  readonly before: Value;
  readonly after: Value;
}

export interface InputChange extends Change<Pick<RawInput, 'size' | 'etag'> | null> {
  readonly change: 'added' | 'removed' | 'changed' | 'same';
}

type Quality = NonNullable<Report['quality'][keyof Report['quality']]>;

export interface ExperimentChange {
  readonly experimentId: string;
  /** null where a run does not have the experiment. */
  readonly before: Pick<Decision, 'action' | 'variant'> | null;
  readonly after: Pick<Decision, 'action' | 'variant'> | null;
  readonly metrics: readonly MetricChange[];
}

export interface MetricChange {
  readonly metric: string;
  readonly role: MetricReport['role'];
  readonly unit: MetricReport['unit'];
  readonly variant: string;
  readonly before: MetricSide | null;
  readonly after: MetricSide | null;
}

/** One metric of one treatment in one run. */
export interface MetricSide {
  readonly control: number | null;
  readonly treatment: number | null;
  readonly users: number;
  readonly lift: number | null;
  readonly liftCi: readonly [number, number] | null;
  readonly p: number | null;
}

/**
 * Compares a run with `previousId`, by default the run of its drop before it.
 * @throws UsageError where there is nothing to compare with
 */
export async function compareRuns(
  connection: Connection,
  runId: string,
  previousId?: string,
): Promise<RunComparison> {
  const after = await readReport(connection, runId);
  const before = await readReport(connection, previousId ?? (await requirePrevious(connection, after)));
  const [settingsBefore, settingsAfter] = await Promise.all(
    [before, after].map(async ({ run }) => flatten((await connection.store.read('plan', run.runId))?.config)),
  );
  return {
    ...compareReports(before, after),
    settings: changes(settingsBefore ?? new Map(), settingsAfter ?? new Map()),
  };
}

async function requirePrevious(connection: Connection, { run }: Report): Promise<string> {
  const previous = await previousRun(connection, run);
  if (previous !== undefined) return previous;
  throw new UsageError({
    what: `run ${run.runId} is the first of the drop "${run.drop}" that succeeded: there is none to compare it with`,
    remedy: 'Upload newer data of the drop, or name a run: ?with=<run>',
  });
}

/** The run of the drop that was uploaded before `runId` and succeeded; undefined where there is none. */
export async function previousRun(
  { store }: Connection,
  { runId, drop }: { readonly runId: string; readonly drop: string },
): Promise<string | undefined> {
  const uploads = await store.read('uploads', drop);
  for (const earlier of runsBefore(uploads?.runs ?? [], runId)) {
    const published = await store.read('marker', earlier, 'publish', 0);
    if (published !== undefined) return earlier;
  }
  return undefined;
}

/** The runs that stand after `runId` in a list with the newest first. */
export function runsBefore(runs: readonly { readonly runId: string }[], runId: string): string[] {
  const at = runs.findIndex((run) => run.runId === runId);
  return at < 0 ? [] : runs.slice(at + 1).map((run) => run.runId);
}

/** What two reports say, side by side. */
export function compareReports(before: Report, after: Report): Omit<RunComparison, 'settings'> {
  const experiments = new Set([...after.experiments, ...before.experiments].map((one) => one.experimentId));
  return {
    run: comparedRun(after),
    previous: comparedRun(before),
    inputs: inputChanges(before.run.inputs, after.run.inputs),
    codeChanged: before.run.engine.codeVersion !== after.run.engine.codeVersion,
    quality: changes(new Map(Object.entries(before.quality)), new Map(Object.entries(after.quality)), true),
    experiments: [...experiments].map((id) => experimentChange(id, before, after)),
  };
}

function comparedRun({ run }: Report): ComparedRun {
  return { runId: run.runId, drop: run.drop, asOf: run.asOf };
}

type Input = Report['run']['inputs'][number];

function inputChanges(before: readonly Input[], after: readonly Input[]): InputChange[] {
  const byKey = (inputs: readonly Input[]) =>
    new Map(inputs.map(({ key, size, etag }) => [key, { size, etag }] as const));
  return changes(byKey(before), byKey(after), true).map((input) => ({ ...input, change: kindOf(input) }));
}

function kindOf({ before, after }: Change<{ readonly etag: string } | null>): InputChange['change'] {
  if (before === null) return 'added';
  if (after === null) return 'removed';
  return before.etag === after.etag ? 'same' : 'changed';
}

/** Entries of two maps by name, those of `after` first; only the ones that differ, unless `all`. */
function changes<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
  all = false,
): Change<Value | null>[] {
  return [...new Set([...after.keys(), ...before.keys()])]
    .map((name) => ({ name, before: before.get(name) ?? null, after: after.get(name) ?? null }))
    .filter((change) => all || JSON.stringify(change.before) !== JSON.stringify(change.after));
}

function experimentChange(experimentId: string, before: Report, after: Report): ExperimentChange {
  const of = ({ experiments }: Report) => experiments.find((one) => one.experimentId === experimentId);
  const [was, is] = [of(before), of(after)];
  const sides = new Map<string, { -readonly [Key in keyof MetricChange]: MetricChange[Key] }>();
  for (const [side, found] of [['after', is] as const, ['before', was] as const]) {
    for (const { metric, role, unit, comparisons } of found?.metrics ?? []) {
      for (const comparison of comparisons) {
        const { variant } = comparison;
        const id = JSON.stringify([metric, variant]);
        const row = sides.get(id) ?? { metric, role, unit, variant, before: null, after: null };
        row[side] = metricSide(comparison);
        sides.set(id, row);
      }
    }
  }
  return {
    experimentId,
    before: was === undefined ? null : decisionOf(was.decision),
    after: is === undefined ? null : decisionOf(is.decision),
    metrics: [...sides.values()],
  };
}

function decisionOf({ action, variant }: Decision): Pick<Decision, 'action' | 'variant'> {
  return { action, variant };
}

function metricSide({ control, treatment, deciding }: Comparison): MetricSide {
  return {
    control: control.mean,
    treatment: treatment.mean,
    users: control.n + treatment.n,
    lift: deciding.effect.relative,
    liftCi: deciding.effect.relativeCi,
    p: deciding.p,
  };
}

/** Scalars and lists of a nested object by their dotted paths. */
function flatten(value: unknown, path = ''): Map<string, unknown> {
  if (value === undefined) return new Map();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map([[path, value]]);
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [
      ...flatten(inner, path === '' ? key : `${path}.${key}`),
    ]),
  );
}

import type { Comparison } from './compare.ts';
import type { Failure, Observation } from './observe.ts';

/** results.json. */
export interface Results {
  readonly node: string;
  /** Files of one run, as the two emulators hold them. */
  readonly files: readonly Comparison[];
  readonly localstack: Seen;
  readonly ministack: Seen;
  readonly enforced: Enforced;
}

export type Seen = Omit<Observation, 'files'>;

/** The product on ministack where each function may do what its own role says. */
export interface Enforced {
  readonly status: string;
  readonly files: readonly Comparison[];
  /** A run after the role of `measure` lost its policy. */
  readonly refused: Failure;
}

/** Why a place of a file may differ between two emulators. */
const reasons: readonly (readonly [place: RegExp, reason: string])[] = [
  [/versionId$|\.versions\[\]$|^source_version$/, 'each S3 gives its own ids to versions'],
  [
    /(startedAt|finishedAt|lastModified|inputsAsOf|newestInput|econds)$/,
    'the time of the upload, and of the work',
  ],
  [/^order of rows$/, 'several threads write'],
  [/(bytes|etag)$|^work\.key$/, 'of files above that differ'],
];

/** The reasons of a comparison's differences. @throws Error where one has none */
export function reasonsOf({ kind, differ }: Comparison): string[] {
  const found = differ.map((place) => {
    const reason = reasons.find(([pattern]) => pattern.test(place))?.[1];
    if (reason === undefined) throw new Error(`${kind} differ in ${place}, and nobody knows why`);
    return reason;
  });
  return [...new Set(found)];
}

/** What results must say for the product to be the same on both: sentences about what they do not. */
export function faultsIn({ files, localstack, ministack, enforced }: Results): string[] {
  const same = (what: string, ours: unknown, theirs: unknown) =>
    JSON.stringify(ours) === JSON.stringify(theirs) ? [] : [`${what} is not the same on both`];
  const is = (what: string, seen: unknown, wanted: unknown) =>
    JSON.stringify(seen) === JSON.stringify(wanted) ? [] : [`${what}: ${JSON.stringify(seen)}`];
  const unexplained = [...files, ...enforced.files].flatMap((comparison) => {
    try {
      reasonsOf(comparison);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });
  const ended = { error: 'DataError', published: false };
  const refusal = enforced.refused;
  return [
    ...unexplained,
    ...same('the run', localstack.run, ministack.run),
    ...same('the rows of the database', localstack.tables, ministack.tables),
    ...same('the clean events', localstack.eventsClean, ministack.eventsClean),
    ...same('the cause of a failure', localstack.tooManyBadRows.cause, ministack.tooManyBadRows.cause),
    ...[localstack, ministack].flatMap(({ run, tooManyBadRows, databaseAway, updated }) => [
      ...is('the run', run.status, 'SUCCEEDED'),
      ...is('too many bad rows', { error: tooManyBadRows.error, published: tooManyBadRows.published }, ended),
      ...is('a run without a database for a while', databaseAway, 'SUCCEEDED'),
      ...is('an update', updated, { keepRuns: '3', mapConcurrency: '1', settle: '7', run: 'SUCCEEDED' }),
    ]),
    ...is('the state that fails', ministack.tooManyBadRows.state, 'StageChunks'),
    ...is('left by a destroyed stack', ministack.destroyed.left, []),
    ...is('the run under roles', enforced.status, 'SUCCEEDED'),
    ...(/not authorized to perform: s3:\w+/.test(refusal.cause)
      ? []
      : ['a role without a policy is not refused']),
    ...is('what a role without a policy may do', [refusal.error, refusal.published], ['ConfigError', false]),
  ];
}

import path from 'node:path';
import { readRows } from '../../data/csv/read-rows.ts';
import { configuredAsOf } from '../../experiment/as-of.ts';
import type { Config } from '../../experiment/config.ts';
import { metricNamed, metricsOf, type Unit } from '../../experiment/metrics.ts';
import {
  columnsOfOutcome,
  type SummaryFile,
  type SummaryOutcome,
  type SummaryRow,
} from '../../experiment/summary.ts';
import { ConfigError, DataError, SchemaError } from '../../platform/errors.ts';
import { nearest } from '../../platform/nearest.ts';
import type { RunInputs, RunPlan } from '../../runs/documents.ts';
import { endOfUploadDay, newestUpload } from '../../runs/received.ts';
import type { RunStore } from '../../runs/store.ts';

/** The plan of a run of sums by arm: it has no users, so nothing to stage, clean or put into marts. */
export function summaryPlan(inputs: RunInputs, config: Config): RunPlan {
  const { runId, drop, configHash, codeVersion } = inputs;
  return {
    schemaVersion: 1,
    runId,
    drop,
    config: ofSums(config),
    configHash,
    codeVersion,
    asOf: configuredAsOf(config),
    chunks: [],
    buckets: 0,
    present: [],
    unavailable: unavailableOfSums(config),
    unmeasured: [],
  };
}

/** The metrics are those of the file, and who is in its sums counts from the assignment on; what needs a user's own values is switched off. */
function ofSums(config: Config): Config {
  const told = Object.keys(config.summary?.outcomes ?? {});
  const experiments = Object.entries(config.experiments).map(([id, settings]) => {
    const { primary, guardrails } = settings;
    const secondary = told.filter((name) => name !== primary && guardrails[name] === undefined);
    return [id, { ...settings, secondary, exposure: 'assignment' as const, cuped: null, capping: {} }];
  });
  return { ...config, experiments: Object.fromEntries(experiments) };
}

function unavailableOfSums(config: Config): RunPlan['unavailable'] {
  const { summary } = config;
  const settings = Object.values(ofSums(config).experiments);
  const told = Object.keys(summary?.outcomes ?? {});
  const metrics = new Set(settings.flatMap((own) => metricsOf(config, own).map(({ name }) => name)));
  const segments = new Set(settings.flatMap((own) => own.segments));
  return [
    ...[...metrics]
      .filter((name) => !told.includes(name))
      .map((name) => ({ kind: 'metric' as const, name, reason: `${summary?.file} does not tell its sums` })),
    ...[...segments].map((name) => ({
      kind: 'segment' as const,
      name,
      reason: 'sums by arm do not tell users apart',
    })),
  ];
}

/**
 * The rows of a file of sums, in its order: those of a cumulative one as what each day adds.
 * @throws SchemaError where there is no such file or column, DataError at the first value that cannot be
 */
export async function readSummary(
  store: RunStore,
  inputs: RunInputs,
  config: Config,
  folder: string,
): Promise<SummaryRow[]> {
  const { summary } = config;
  const input = inputs.inputs.find(({ kind }) => kind === 'summary');
  if (summary === null || input === undefined) {
    throw new SchemaError({
      what: `the drop has no ${summary?.file ?? 'file of sums'}, which the configuration names as its file of sums`,
      where: 'summary.file',
      remedy: 'Put the file there, or take `summary` out of the configuration',
    });
  }
  const file = path.join(folder, input.key.endsWith('.gz') ? 'summary.csv.gz' : 'summary.csv');
  await store.raw.downloadTo({ key: input.key, versionId: input.versionId }, file);
  const { header, rows } = await readRows(file, folder, input.key);
  const columns = columnsIn(header, summary, input.key);
  const end = configuredAsOf(config) ?? endOfUploadDay(newestUpload(inputs));
  const read = rows.map(({ line, fields }): SummaryRow => {
    const at = (column: string) => (fields[columns.get(column) ?? -1] ?? '').trim();
    const where = (column: string) => `${input.key}:${line}, column ${column}`;
    const text = (column: string) => filled(at(column), where(column));
    const users = countOf(at(summary.users), where(summary.users));
    const number = (column: string) => decimalOf(at(column), where(column));
    const { day } = summary;
    return {
      line,
      experimentId:
        typeof summary.experiment_id === 'string'
          ? text(summary.experiment_id)
          : summary.experiment_id.constant,
      variant: text(summary.variant),
      day: day === undefined ? null : dayOf(at(day), where(day), end),
      users: Number(users),
      outcomes: Object.fromEntries(
        Object.entries(summary.outcomes).map(([metric, outcome]) => [
          metric,
          sumsOf(outcome, users, number, scaleOf(config, metric), `${input.key}:${line}, ${metric}`),
        ]),
      ),
    };
  });
  checkOnce(read, input.key);
  return summary.day === undefined ? read : daily(read, summary, input.key);
}

const scales: Readonly<Record<Unit, bigint>> = { count: 1n, cents: 100n, milliseconds: 1000n };

function scaleOf(config: Config, metric: string): bigint {
  return scales[metricNamed(config, metric)?.numerator.unit ?? 'count'];
}

/** Places of the columns that the configuration names. */
function columnsIn(header: readonly string[], summary: SummaryFile, key: string): Map<string, number> {
  const { experiment_id, variant, users, day, outcomes } = summary;
  const named = [
    ...(typeof experiment_id === 'string' ? [experiment_id] : []),
    variant,
    users,
    ...(day === undefined ? [] : [day]),
    ...Object.values(outcomes).flatMap(columnsOfOutcome),
  ];
  const columns = new Map<string, number>();
  for (const name of named) {
    const places = header.flatMap((column, index) => (column === name.trim() ? [index] : []));
    const [place, second] = places;
    if (place === undefined) {
      const near = nearest(name, header);
      throw new ConfigError({
        what: `there is no column "${name}"; the file has ${header.filter((column) => column !== '').join(', ')}`,
        where: `${key}:1`,
        remedy: near === undefined ? 'Correct `summary` in experiment.yaml' : `Did you mean "${near}"?`,
      });
    }
    if (second !== undefined) {
      throw new SchemaError({
        what: `the header names the column "${name}" twice`,
        where: `${key}:1`,
        remedy: 'Rename or drop one of them',
      });
    }
    columns.set(name, place);
  }
  return columns;
}

function refuse(what: string, where: string, remedy: string): never {
  throw new DataError({ what, where, remedy });
}

function filled(text: string, where: string): string {
  if (text !== '') return text;
  return refuse('the value is missing', where, 'A row of sums stands for many users: complete it');
}

/** A number that is exact: numerator / denominator. */
interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

function decimalOf(text: string, where: string): Fraction {
  const match = /^(-?)(\d{0,18})(?:\.(\d{0,30}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text);
  const [, sign = '', whole = '', decimals = '', exponent = '0'] = match ?? [];
  if (match === null || whole + decimals === '') {
    return refuse(
      `"${text}" is no number`,
      where,
      'Write it as 1234.5: a decimal point, no groups of three, no unit',
    );
  }
  const places = BigInt(decimals.length - Number(exponent));
  const digits = BigInt(`${sign}${whole}${decimals}`);
  return places >= 0n
    ? { numerator: digits, denominator: 10n ** places }
    : { numerator: digits * 10n ** -places, denominator: 1n };
}

function countOf(text: string, where: string): bigint {
  const { numerator, denominator } = decimalOf(text, where);
  const count = numerator / denominator;
  if (count * denominator !== numerator || count < 0n || count > BigInt(Number.MAX_SAFE_INTEGER)) {
    return refuse(`"${text}" is no number of users`, where, 'Users are counted: 0, 1, 2, ...');
  }
  return count;
}

function dayOf(text: string, where: string, end: string): string {
  const day = /^(\d{4}-\d{2}-\d{2})([T ].*)?$/.exec(text)?.[1];
  const moment = Date.parse(`${day}T00:00:00Z`);
  if (day === undefined || Number.isNaN(moment) || new Date(moment).toISOString().slice(0, 10) !== day) {
    return refuse(`"${text}" is no day`, where, 'Write it as 2024-05-31');
  }
  if (moment >= Date.parse(end)) {
    return refuse(
      `${day} lies after the end of the data (${end.slice(0, 10)})`,
      where,
      'Correct the day, take the row out, or name a later end: as_of',
    );
  }
  return day;
}

/** Half away from zero. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  const half = numerator < 0n ? -denominator : denominator;
  return (2n * numerator + half) / (2n * denominator);
}

/** Sum and sum of squares in the metric's integer unit, of which one is `scale` in a unit. */
function sumsOf(
  outcome: SummaryOutcome,
  users: bigint,
  number: (column: string) => Fraction,
  scale: bigint,
  where: string,
): SummaryRow['outcomes'][string] {
  if ('conversions' in outcome) {
    const { numerator, denominator } = number(outcome.conversions);
    const count = numerator / denominator;
    if (count * denominator !== numerator || count < 0n || count > users) {
      return refuse(
        `the conversions are no number of the ${users} users`,
        where,
        'Count each user who converted once. Events per user are a mean with its variance, not a conversion',
      );
    }
    return { sum: String(count), squares: String(count) };
  }
  if ('sum' in outcome) {
    const [sum, squares] = [number(outcome.sum), number(outcome.sum_squares)];
    const total = rounded(sum.numerator * scale, sum.denominator);
    const ofSquares = rounded(squares.numerator * scale * scale, squares.denominator);
    // Both may have been rounded.
    const possible = users * (ofSquares + 1n) >= (abs(total) - 1n) * (abs(total) - 1n);
    if (!possible || ofSquares < 0n || (users === 0n && (total !== 0n || ofSquares !== 0n))) {
      return refuse(
        'the sum of squares is less than the sum allows',
        where,
        "Square each user's own value, and add the squares up",
      );
    }
    const least = users === 0n ? 0n : (total * total + users - 1n) / users;
    return { sum: String(total), squares: String(ofSquares < least ? least : ofSquares) };
  }
  if (users === 0n) return { sum: '0', squares: '0' };
  const mean = number(outcome.mean);
  const spread = number('variance' in outcome ? outcome.variance : outcome.sd);
  if (spread.numerator < 0n) return refuse('it has a negative spread', where, 'Correct the row');
  const [top, bottom] =
    'variance' in outcome
      ? [spread.numerator, spread.denominator]
      : [spread.numerator * spread.numerator, spread.denominator * spread.denominator];
  const sum = rounded(users * mean.numerator * scale, mean.denominator);
  // (n - 1) s² + sum² / n
  const squares = rounded((users - 1n) * top * scale * scale * users + sum * sum * bottom, bottom * users);
  const least = (sum * sum + users - 1n) / users;
  return { sum: String(sum), squares: String(squares < least ? least : squares) };
}

const abs = (value: bigint) => (value < 0n ? -value : value);

/** @throws DataError where an arm has several rows (of a day), which may be one too many, or parts of it */
function checkOnce(rows: readonly SummaryRow[], key: string): void {
  const seen = new Map<string, number>();
  for (const { line, experimentId, variant, day } of rows) {
    const row = JSON.stringify([experimentId, variant, day]);
    const before = seen.get(row);
    if (before !== undefined) {
      refuse(
        `the arm "${variant}" of "${experimentId}" is there twice${day === null ? '' : ` on ${day}`}, first in line ${before}`,
        `${key}:${line}`,
        'Take the one out that is too much; add parts of an arm up, or name the column that tells the rows apart: experiment_id or day',
      );
    }
    seen.set(row, line);
  }
}

/** What each day adds, in the order of days. */
function daily(rows: readonly SummaryRow[], { counts }: SummaryFile, key: string): SummaryRow[] {
  const armOf = ({ experimentId, variant }: SummaryRow) => JSON.stringify([experimentId, variant]);
  const byArm = [...new Set(rows.map(armOf))].map((arm) =>
    rows.filter((row) => armOf(row) === arm).toSorted((a, b) => ((a.day ?? '') < (b.day ?? '') ? -1 : 1)),
  );
  const fall = byArm.flatMap((arm) => arm.filter((row, index) => fallsBelow(row, arm[index - 1])));
  if (counts === undefined) {
    if (fall.length > 0 || byArm.every(({ length }) => length < 2)) return byArm.flat();
    return refuse(
      'no number of users or of conversions ever falls from one day to the next, so that each row may hold the days before it as well',
      key,
      'Say which it is: summary: { counts: cumulative }, or summary: { counts: daily } where each row has its own day alone',
    );
  }
  if (counts === 'daily') return byArm.flat();
  const [first] = fall;
  if (first !== undefined) {
    refuse(
      'the row has less than that of the day before, which no cumulative one has',
      `${key}:${first.line}`,
      'Correct it, or say summary: { counts: daily }',
    );
  }
  return byArm.flatMap((arm) => arm.map((row, index) => difference(row, arm[index - 1])));
}

function fallsBelow(row: SummaryRow, before: SummaryRow | undefined): boolean {
  if (before === undefined) return false;
  return (
    row.users < before.users ||
    Object.entries(row.outcomes).some(
      ([metric, { squares }]) => BigInt(squares) < BigInt(before.outcomes[metric]?.squares ?? '0'),
    )
  );
}

function difference(row: SummaryRow, before: SummaryRow | undefined): SummaryRow {
  if (before === undefined) return row;
  const less = (a: string, b = '0') => String(BigInt(a) - BigInt(b));
  return {
    ...row,
    users: row.users - before.users,
    outcomes: Object.fromEntries(
      Object.entries(row.outcomes).map(([metric, { sum, squares }]) => [
        metric,
        {
          sum: less(sum, before.outcomes[metric]?.sum),
          squares: less(squares, before.outcomes[metric]?.squares),
        },
      ]),
    ),
  };
}

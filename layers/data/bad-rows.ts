import { DataError } from '../platform/errors.ts';
import { type DatasetContract, datasetContracts } from './datasets/index.ts';
import { placeIn } from './place.ts';
import type { EventFate, LineCounts, RuleCount } from './row-counts.ts';

/** Whether the contract wants the run to fail on this rule of this column. */
export function isFatal(
  { columns }: Pick<DatasetContract, 'columns'>,
  column: string | null,
  rule: string,
): boolean {
  const contract = columns.find(({ name }) => name === column);
  if (contract === undefined) return false;
  const limit = [contract.range, contract.domain].find((candidate) => candidate?.rule === rule);
  return (limit?.onFail ?? contract.onFail) === 'fail';
}

/**
 * @param where what the error calls the file
 * @throws DataError with the first line of a rule on which the contract wants the run to fail
 */
export function refuseFatal(
  contract: Pick<DatasetContract, 'columns'>,
  rules: readonly RuleCount[],
  where: string,
): void {
  const broken = rules.find(({ column, rule }) => isFatal(contract, column, rule));
  if (broken === undefined) return;
  const { column, rule, rows, examples } = broken;
  const [first] = examples;
  throw new DataError({
    what: `${column} ${rule.replaceAll('_', ' ')}: ${JSON.stringify(first?.value)}${rows === 1 ? '' : `, and so in ${rows} rows`}`,
    where: placeIn(where, first?.line ?? ''),
    remedy: `Correct the file, or rename the value in experiment.yaml: schema: { ${broken.dataset}: { ${column}: { column: ${column}, values: { ${JSON.stringify(first?.value)}: "..." } } } }`,
  });
}

/** Fewer bad rows are never too many, unless all are bad. */
export const alwaysTolerated = 20;

/** Share of rows in quarantine that a person should know of. */
export const notableLoss = 0.01;

/** What helps where all of a column is written in another way than the contract wants. */
function hintFor(rule: RuleCount | undefined): string {
  if (rule === undefined) return generalHint;
  const says = readings[rule.rule];
  return says === undefined || rule.column === null
    ? (hints[rule.rule] ?? generalHint)
    : `Say in experiment.yaml how it is written: schema: { ${rule.dataset}: { ${rule.column}: { column: <its name in the file>, ${says} } } }`;
}

const hints: Readonly<Record<string, string>> = {
  id_not_integer: 'If ids are texts, say so in experiment.yaml: id_type: string',
  conflict: 'Give every row a key of its own: an id that counts per user or per server is none',
  no_user:
    'Rows without a user, such as orders of guests, are of no arm. Name the column that has the id which was assigned, or leave them out: docs/own-data.md#recipes-orders-of-a-shop has a command for CSV and for JSON lines',
  unknown_user: 'Export users as of the same moment, or leave them out of the drop',
};
const generalHint = 'Correct the file, or rename columns and values in experiment.yaml';

/** Settings of a column whose values are written so. */
const readings: Readonly<Record<string, string>> = {
  epoch_seconds: 'format: epoch',
  epoch_milliseconds: 'format: epoch',
  epoch_microseconds: 'format: epoch',
  not_a_timestamp: 'format: "%d/%m/%Y %H:%M", zone: Europe/Amsterdam',
  decimal_comma: 'decimal: ",", thousands: "."',
  thousands_separator: 'thousands: ","',
  not_money: 'strip_currency: true',
};

/** Whether more rows are bad than the contract tolerates. */
export function hasTooManyBadRows(
  { maxBadRate }: Pick<DatasetContract, 'maxBadRate'>,
  { lines, accepted, quarantined }: LineCounts,
): boolean {
  const tolerated = accepted > 0 && quarantined < alwaysTolerated;
  return quarantined > 0 && !tolerated && quarantined / lines > maxBadRate;
}

/**
 * @param where what the error calls the file or dataset
 * @throws DataError where more rows are bad than the contract tolerates: what remains would not stand for the whole
 */
export function checkBadRate(
  contract: Pick<DatasetContract, 'maxBadRate'>,
  counts: LineCounts & { readonly quarantineRules: readonly RuleCount[] },
  runId: string,
  where: string,
): void {
  if (!hasTooManyBadRows(contract, counts)) return;
  const { quarantineRules } = counts;
  const top = quarantineRules.toSorted((a, b) => b.rows - a.rows).slice(0, 3);
  throw new DataError({
    what: `${tooManyBadRows(contract, counts)}; ${top.map((rule) => described(rule, where)).join(', ')}`,
    where,
    remedy: `See all of them: ./ecom quarantine ${runId}. ${hintFor(top[0])}`,
  });
}

/** `too many bad rows: 30 of 200, where 5 % are tolerated` */
export function tooManyBadRows(
  { maxBadRate }: Pick<DatasetContract, 'maxBadRate'>,
  { lines, quarantined }: Pick<LineCounts, 'lines' | 'quarantined'>,
): string {
  return `too many bad rows: ${quarantined} of ${lines}, where ${Number((maxBadRate * 100).toFixed(2))} % are tolerated`;
}

/** With the file of the example, unless the whole error is about it. */
function described({ column, rule, rows, examples: [example] }: RuleCount, where: string): string {
  const subject = column === null ? rule : `${column} ${rule}`;
  if (example === undefined) return `${subject} ${rows}`;
  const { file = where, line, value } = example;
  const place = file === where || line === null ? `line ${line}` : placeIn(file, line);
  return `${subject} ${rows} (${place}: ${JSON.stringify(value)})`;
}

/** An event of which a notable share is in quarantine. */
export interface EventLoss extends EventFate {
  /** Accepted and quarantined. */
  readonly lines: number;
  /** Quarantined ones of `lines`. */
  readonly share: number;
  /** Whether a run would not take a file of these rows alone. */
  readonly isTooMuch: boolean;
}

/** The events that decide and of which so many are set aside that a person should know. */
export function eventLosses(fates: readonly EventFate[]): EventLoss[] {
  return fates
    .map((fate) => {
      const lines = fate.accepted + fate.quarantined;
      return { ...fate, lines, share: lines === 0 ? 0 : fate.quarantined / lines };
    })
    .filter(({ share }) => share >= notableLoss)
    .map((loss) => ({ ...loss, isTooMuch: hasTooManyBadRows(datasetContracts.events, loss) }));
}

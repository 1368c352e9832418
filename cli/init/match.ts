import { columnWords, plainName, vagueColumnWords } from '../../layers/data/column-words.ts';
import {
  type ColumnContract,
  type DatasetName,
  datasetContracts,
  datasetNames,
} from '../../layers/data/datasets/index.ts';
import { nearest } from '../../layers/platform/nearest.ts';
import { formatCount } from '../../layers/report/format.ts';
import type { ColumnProfile, FileProfile } from './profile.ts';
import { armWords, eventWords, fileWords } from './vocabulary.ts';

export type Confidence = 'sure' | 'likely' | 'guess';

/** A column of a file that may be a canonical one. */
export interface ColumnMatch {
  readonly canonical: ColumnContract;
  readonly column: ColumnProfile;
  /** 0 to 1. */
  readonly score: number;
  readonly because: string;
  /** What values of the file mean. */
  readonly values?: Readonly<Record<string, string>>;
  /** Path of the value where the column holds JSON. */
  readonly json?: string;
}

export interface DatasetMatch {
  readonly dataset: DatasetName;
  readonly file: FileProfile;
  readonly columns: readonly ColumnMatch[];
  /** Required columns that no column of the file can be. */
  readonly missing: readonly ColumnContract[];
  readonly confidence: Confidence;
  readonly because: string;
  /** Whether its events are the outcomes of a file of users, whose names say nothing. */
  readonly isOutcome?: true;
  /** Whether its rows are users without an id, for whom their lines stand. */
  readonly isNumbered?: true;
  /** Whether a user has several rows, each with the arm and an outcome. */
  readonly hasVisits?: true;
}

/** Which file is which dataset: the pairs that explain most columns. Files that are none are left out. */
export function matchDatasets(files: readonly FileProfile[]): DatasetMatch[] {
  const candidates = datasetNames
    .flatMap((dataset) => files.map((file) => matchDataset(dataset, file)))
    .filter((candidate) => candidate !== undefined)
    .toSorted((a, b) => b.score - a.score);
  const chosen: DatasetMatch[] = [];
  for (const { match } of candidates) {
    if (chosen.some(({ dataset, file }) => dataset === match.dataset || file === match.file)) continue;
    chosen.push(match);
  }
  return alignUsers(chosen).toSorted(
    (a, b) => datasetNames.indexOf(a.dataset) - datasetNames.indexOf(b.dataset),
  );
}

/**
 * Events may have several ids of a user, before and after a login: those of the assignments count, by whose column they
 * are found.
 */
function alignUsers(matches: readonly DatasetMatch[]): DatasetMatch[] {
  const userOf = (dataset: DatasetName) =>
    matches
      .find((match) => match.dataset === dataset)
      ?.columns.find(({ canonical }) => canonical.name === 'user_id');
  const assigned = userOf('experiment_assignments')?.column.name;
  return matches.map((match) => {
    const current = match.columns.find(({ canonical }) => canonical.name === 'user_id');
    const column = match.file.columns.find(({ name, filled }) => name === assigned && filled > 0);
    const isTaken = match.columns.some((other) => other.column === column);
    if (match.dataset !== 'events' || current === undefined || column === undefined || isTaken) return match;
    const because = `the assignments have "${column.name}" too; it may also be "${current.column.name}"`;
    return {
      ...match,
      columns: match.columns.map((other) =>
        other === current ? { ...current, column, score: vague, because } : other,
      ),
    };
  });
}

export function confidenceOf(score: number): Confidence {
  return score >= 0.95 ? 'sure' : score >= likely ? 'likely' : 'guess';
}

/** Scores of names: from here on likely, and that of a name that may mean something else. */
const likely = 0.7;
const vague = 0.6;

function matchDataset(
  dataset: DatasetName,
  file: FileProfile,
): { match: DatasetMatch; score: number } | undefined {
  const contract = datasetContracts[dataset];
  const columns = matchColumns(dataset, file);
  const required = contract.columns.filter(({ presence }) => presence === 'required');
  const missing = required.filter(({ name }) => !columns.some(({ canonical }) => canonical.name === name));
  const base = plainName(file.name.replace(/\.(csv|tsv)$/i, ''));
  const isNamed = base === dataset || fileWords[dataset].some((word) => base.includes(word));
  if (
    missing.length === required.length ||
    (missing.length > 0 && (!isNamed || missing.length > required.length / 2))
  ) {
    return undefined;
  }
  const columnScore = columns.reduce((sum, { score }) => sum + score, 0);
  const worst = Math.min(
    ...columns.filter(({ canonical }) => required.includes(canonical)).map(({ score }) => score),
  );
  return {
    score: columnScore - missing.length + (base === dataset ? 2 : isNamed ? 1 : 0),
    match: {
      dataset,
      file,
      columns,
      missing,
      confidence:
        isNamed && missing.length === 0 && worst >= likely
          ? 'sure'
          : isNamed || worst >= likely
            ? 'likely'
            : 'guess',
      because: `${isNamed ? 'its name and its columns' : 'its columns'}${missing.length > 0 ? `, although it lacks ${missing.map(({ name }) => name).join(', ')}` : ''}`,
    },
  };
}

/** Each column of the file is at most one canonical column, the best match first. */
export function matchColumns(dataset: DatasetName, file: FileProfile): ColumnMatch[] {
  const { columns, key } = datasetContracts[dataset];
  const isKey = (canonical: ColumnContract) => key.length === 1 && key[0] === canonical.name;
  const candidates = columns
    .flatMap((canonical) =>
      file.columns.map((column) => matchColumn(canonical, column, file, isKey(canonical))),
    )
    .filter((match) => match !== undefined)
    .toSorted((a, b) => b.score - a.score);
  const chosen: ColumnMatch[] = [];
  for (const match of candidates) {
    const taken = chosen.some(
      ({ canonical, column }) => canonical === match.canonical || column === match.column,
    );
    if (!taken) chosen.push(match);
  }
  const free = candidates.filter(({ column }) => !chosen.some((match) => match.column === column));
  return columns.flatMap((canonical) =>
    chosen
      .filter((match) => match.canonical === canonical)
      .map((match) =>
        tellRivals(
          match,
          free.filter((other) => other.canonical === canonical),
        ),
      ),
  );
}

/** A choice among several columns is a guess, unless one has the very name. */
function tellRivals(match: ColumnMatch, rivals: readonly ColumnMatch[]): ColumnMatch {
  if (match.score === 1 || rivals.length === 0) return match;
  const others = rivals.map(({ column }) => `"${column.name}"`).join(', ');
  return {
    ...match,
    score: rivals.some(({ score }) => score >= likely) ? Math.min(match.score, vague) : match.score,
    because: `${match.because}; it may also be ${others}`,
  };
}

/** A currency that amounts are said to be in: `Umsatz (EUR)`. */
const currencyBehind = /_(in_)?(eur|euro|usd|gbp|chf|cad|aud|jpy|sek|nok|dkk|pln|dollar)$/;

function matchColumn(
  canonical: ColumnContract,
  column: ColumnProfile,
  file: FileProfile,
  isKey: boolean,
): ColumnMatch | undefined {
  const words = columnWords[canonical.name] ?? [];
  const plain = plainName(column.name);
  const name = canonical.type === 'money' ? plain.replace(currencyBehind, '') : plain;
  const named = (score: number, because: string) => ({ canonical, column, score, because });
  const mayBeOther = isKey || canonical.name === 'experiment_id';
  if (name === canonical.name && (!mayBeOther || !isOtherThan(canonical, column, isKey))) {
    return named(1, 'the same name');
  }
  if (isOtherThan(canonical, column, isKey)) return undefined;
  const index = words.indexOf(name);
  if (index >= 0)
    return named(
      Math.max(likely + 0.02, 0.95 - index * 0.02),
      `"${column.name}" is another name for it${shapeOf(canonical, column, isKey)}`,
    );
  if ((vagueColumnWords[canonical.name] ?? []).includes(name)) {
    return named(
      vague,
      `"${column.name}" may be this column${shapeOf(canonical, column, isKey)}. It should be: ${canonical.description.replace(/\.$/, '')}`,
    );
  }
  if (
    !isNameOfAnother(canonical, name) &&
    nearest(name, [canonical.name, ...words.filter((word) => word.length > 4)]) !== undefined &&
    column.filled > 0
  ) {
    return named(likely, `"${column.name}" is nearly its name${shapeOf(canonical, column, isKey)}`);
  }
  if (column.filled === 0 || canonical.presence === 'optional') return undefined;
  if (isNameOfAnother(canonical, name)) return undefined;
  const because = telltale(canonical, column, file, isKey);
  return because === undefined ? undefined : named(0.5, `its values: ${because}`);
}

/** A name that says something else is no misspelling: `visitor_id` is no `session_id`. */
function isNameOfAnother(canonical: ColumnContract, name: string): boolean {
  return Object.entries(columnWords).some(
    ([other, words]) => other !== canonical.name && (other === name || words.includes(name)),
  );
}

/** Whether the values cannot be the column's, some bad ones aside. An empty column can be any. */
function isOtherThan({ type, name }: ColumnContract, column: ColumnProfile, isKey: boolean): boolean {
  const { filled, distinct, timestamps, timeReading, integers, amounts, amountReading } = column;
  if (filled === 0) return false;
  const isEpoch = timeReading?.reading.format === 'epoch';
  const localDates = isEpoch ? 0 : (timeReading?.rows ?? 0);
  const mostly = (count: number) => count >= 0.8 * filled;
  switch (type) {
    case 'timestamp':
      return !mostly(Math.max(timestamps, timeReading?.rows ?? 0));
    case 'integer':
      return !mostly(integers);
    case 'money':
      return !mostly(Math.max(amounts, amountReading?.rows ?? 0));
    case 'id':
      return mostly(timestamps + localDates) || (isKey && distinct < 0.95 * filled);
    case 'text':
      if (mostly(timestamps + localDates)) return true;
      // A number of its own in each row is none of an experiment.
      if (name === 'experiment_id') return distinct > 20 && distinct > filled / 2;
      return (
        ['variant', 'event_name', 'device', 'country', 'currency'].includes(name) &&
        distinct > Math.max(300, filled / 20)
      );
  }
}

function shapeOf(
  { type, name }: ColumnContract,
  { distinct, filled }: ColumnProfile,
  isKey: boolean,
): string {
  if (isKey && distinct < filled) {
    return `, and ${formatCount(distinct)} of its ${formatCount(filled)} values are unique`;
  }
  if (isKey) return ', and its values are unique';
  if (type === 'timestamp') return ', and its values are times';
  if (type === 'money') return ', and its values are amounts';
  return name === 'variant' || name === 'event_name' ? ', and it has few values' : '';
}

/** What in the values alone says that a column is a required one. */
function telltale(
  { name, type }: ColumnContract,
  { values, distinct, filled, integers }: ColumnProfile,
  file: FileProfile,
  isKey: boolean,
): string | undefined {
  const names = values.map(({ value }) => plainName(value));
  const among = (words: readonly string[]) => names.filter((value) => words.includes(value));
  if (name === 'variant' && distinct >= 2 && distinct <= 10) {
    const arms = among(armWords);
    return arms.length >= 2 ? `${arms.slice(0, 3).join(', ')}` : undefined;
  }
  if (name === 'event_name') {
    const events = among(Object.values(eventWords).flatMap(({ telling, vague }) => [...telling, ...vague]));
    return events.length >= 2 ? `${events.slice(0, 3).join(', ')}` : undefined;
  }
  if (name === 'experiment_id') return undefined;
  if (type === 'timestamp') {
    const times = file.columns.filter(
      ({ filled: values, timestamps, timeReading }) =>
        values > 0 &&
        Math.max(timestamps, timeReading?.reading.format === 'epoch' ? 0 : (timeReading?.rows ?? 0)) >=
          0.9 * values,
    );
    return times.length === 1 ? 'the only times of the file' : undefined;
  }
  if (type === 'id' && isKey && integers >= 0.9 * filled) return 'unique whole numbers';
  return undefined;
}

import baseConfig from '../../../config/base.yaml';
import { alwaysTolerated } from '../../../layers/data/bad-rows.ts';
import { recordRules } from '../../../layers/data/csv/split-records.ts';
import {
  type ColumnContract,
  type DatasetName,
  datasetContracts,
  datasetNames,
  type OnFail,
} from '../../../layers/data/datasets/index.ts';
import { missingTexts, valueRules } from '../../../layers/data/values.ts';
import { rowRules } from '../../../layers/engine/clean/rules.ts';
import { loadConfig } from '../../../layers/experiment/config.ts';
import { markdownTable } from '../../oracle/document.ts';

/** docs/data-contract.md: what the CSVs must look like, and what becomes of rows that do not. */
export function dataContractPage(): string {
  return `${[
    '# Data contract',
    'Generated from `layers/data/datasets`, `layers/data/values.ts`, `layers/engine/stage` and `layers/engine/clean`; a test keeps it current.',
    [
      'A drop is a folder of CSVs, one per dataset: separated by commas (or semicolons, tabs, bars) in UTF-8 (or UTF-16, windows-1252), with a header line, quoted as in RFC 4180. A',
      'dataset may be compressed (`events.csv.gz`) or a folder of parts (`events/part-0001.csv`). Columns may come in any order and',
      'under other names (`schema` in `experiment.yaml`; `ecom init` writes it). `ecom validate <dir>` checks a folder.',
      'Recipes for files that do not fit: [own-data.md](own-data.md).',
    ].join('\n'),
    '## Types',
    markdownTable(
      ['type', 'values', 'rule that others break'],
      columnTypes.map((type) => [type, values[type], valueRulesOf(type).map(code).join(', ')]),
    ),
    [
      `Blanks around a value are dropped. An empty field is a missing value, and so is ${missingTexts.map(code).join(', ')}; \`missing\` in \`schema\` lists others. \`None\` and \`NA\` are values where ids are texts.`,
      'A value inside a column of JSON is found by `json` (`$.order_id`); what is no JSON breaks `not_json`.',
      'In a time that may be missing, so are `0000-00-00`, `0001-01-01`, `1970-01-01 00:00:00` and `0`.',
      'A required column must be in the file (or be given a constant in `schema`), and its values must not be missing (rule `required`).',
    ].join(' '),
    '## What a broken rule leads to',
    markdownTable(
      ['on_fail', 'consequence'],
      [
        ['warn', 'the row is used, unless the rule says otherwise, and counted in the report'],
        [
          'quarantine',
          'the row is set aside with its file, its line, the reason and its text: `ecom quarantine`',
        ],
        ['fail', 'the run fails, and names the first such line'],
      ],
    ),
    [
      'A value that is not of its type is quarantined, unless its column says that it fails the run, and so is a record that cannot',
      'be read:',
    ].join('\n'),
    markdownTable(
      ['rule', 'broken by a record with'],
      Object.entries(recordRules).map(([rule, meaning]) => [code(rule), meaning]),
    ),
    [
      '## Keys',
      '',
      'Rows of one key whose values are all the same are one row and its duplicates: the first is used, the others are counted. Rows',
      'of one key with different values contradict each other: all of them are quarantined (`conflict`), each with the file and line',
      'of another one, and none is used. This holds across files and users; in a drop of more than 200 million events, for a fixed',
      'share of the event ids that users share (`docs/decisions/ingestion.md`).',
      '',
      '## How many bad rows are tolerated',
      '',
      'The run fails where more rows of a file, or of all files of a dataset, are quarantined than the share that the dataset',
      `tolerates. Fewer than ${alwaysTolerated} are always tolerated, unless all are bad.`,
      '',
      '## Users to leave out',
      '',
      'Optional: `excluded_users.csv` (or `.csv.gz`) lists ids of users that are no people, in the column `user_id` or, without a',
      'header, one a line. They are left out of the analysis, and counted. A line without an id fails the run; ids that no file has',
      'do nothing, and `ecom validate` warns of them.',
    ].join('\n'),
    ...datasetNames.map(section),
  ].join('\n\n')}\n`;
}

const columnTypes = ['id', 'integer', 'timestamp', 'money', 'text'] as const;

const values: Readonly<Record<ColumnContract['type'], string>> = {
  id: 'whole numbers of at most 18 digits (`7`, also `7.0`, and `1.23456E+05`, which names all its digits), or any text where `id_type` is `string`: UUIDs and e-mail addresses in one writing',
  integer: 'whole numbers of at most 18 digits (`7`, also `7.0`)',
  timestamp:
    '`2024-05-31`, `2024-05-31T23:59:59`, with fractions of a second, with an offset (`Z`, ` UTC`, `+02:00`); UTC, or the `zone` that `schema` names, without one; 1970 to 2100; other writings by `format`',
  money:
    'amounts such as `1234.50`, `-3` or `(3.00)`; further decimals are rounded half to even, and counted (`rounded`); other writings by `decimal`, `thousands` and `strip_currency`',
  text: 'any',
};

const code = (text: string) => `\`${text}\``;

/** Rules of the type itself, as `stage` judges by them. */
function valueRulesOf(type: ColumnContract['type']): string[] {
  const column: ColumnContract = { name: 'x', type, presence: 'optional', description: '' };
  return valueRules(column, 't', 'v', 'bigint').map(({ rule }) => rule);
}

function section(dataset: DatasetName): string {
  const { required, key, columns, keepsOtherColumns, maxBadRate } = datasetContracts[dataset];
  const rules = rulesOf(dataset);
  return [
    `## ${dataset}`,
    [
      required ? 'Required.' : 'Optional: without it, what needs it is unavailable.',
      `Key: ${key.map((name) => `\`${name}\``).join(', ')}.`,
      `Tolerated share of quarantined rows: ${maxBadRate * 100} %.`,
      ...(keepsOtherColumns
        ? ['Further columns are kept as text (`NA` is a value there) and may serve as segments.']
        : []),
    ].join(' '),
    markdownTable(
      ['column', 'type', 'presence', 'meaning'],
      columns.map((column) => [
        `\`${column.name}\``,
        column.type,
        column.presence,
        [column.description, ...remarks(column)].join(' '),
      ]),
    ),
    ...(rules.length === 0 ? [] : [markdownTable(['rule', 'column', 'on_fail', 'broken by'], rules)]),
  ].join('\n\n');
}

function remarks({ onFail, keeps = [] }: ColumnContract): string[] {
  return [
    ...(keeps.length === 0
      ? []
      : [`A value, not a missing one: ${keeps.map((text) => `\`${text}\``).join(', ')}.`]),
    ...(onFail === 'fail' ? ['A bad value fails the run.'] : []),
  ];
}

function rulesOf(dataset: DatasetName): string[][] {
  const rule = (name: string, column: string, onFail: OnFail, reason: string) => [
    `\`${name}\``,
    `\`${column}\``,
    onFail,
    reason,
  ];
  const limits = datasetContracts[dataset].columns.flatMap(({ name, range, domain }) => [
    ...(range === undefined
      ? []
      : [
          rule(
            range.rule,
            name,
            range.onFail,
            [below(range.min), above(range.max)].filter(Boolean).join(' or '),
          ),
        ]),
    ...(domain === undefined
      ? []
      : [rule(domain.rule, name, domain.onFail, `what is not ${domain.meaning}`)]),
  ]);
  const named = new Set(limits.map(([name]) => name));
  const config = loadConfig([{ name: 'config/base.yaml', text: baseConfig }]);
  // All datasets there, and every moment known: then every rule applies.
  const moment = '2024-01-01T00:00:00Z';
  const others = rowRules({ config, present: datasetNames, newestInput: moment, asOf: moment })
    .filter((found) => found.dataset === dataset && !named.has(`\`${found.rule}\``))
    .map((found) => rule(found.rule, found.column, found.onFail, found.reason));
  return [...limits, ...others];
}

const below = (limit: number | undefined) => (limit === undefined ? '' : `a value below ${limit}`);
const above = (limit: number | undefined) => (limit === undefined ? '' : `a value above ${limit}`);

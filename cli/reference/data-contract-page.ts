import baseConfig from '../../config/base.yaml';
import { loadConfig } from '../../layers/contracts/config.ts';
import {
  type ColumnContract,
  type DatasetName,
  datasetContracts,
  datasetNames,
  type OnFail,
} from '../../layers/contracts/datasets/index.ts';
import { missingTexts } from '../../layers/contracts/sql-types.ts';
import { rowRules } from '../../layers/quality/rules.ts';
import { markdownTable } from './markdown.ts';

/** docs/data-contract.md: what the CSVs must look like, and what becomes of rows that do not. */
export function dataContractPage(): string {
  return `${[
    '# Data contract',
    'Generated from `layers/contracts/datasets` and `layers/quality/rules.ts`; a test keeps it current.',
    [
      'A drop is a folder of CSVs, one per dataset: UTF-8, separated by commas, with a header line, quoted as in RFC 4180. A',
      'dataset may be compressed (`events.csv.gz`) or a folder of parts (`events/part-0001.csv`). Columns may come in any order and',
      'under other names (`schema` in `experiment.yaml`; `ecom init` writes it). `ecom validate <dir>` checks a folder.',
    ].join('\n'),
    '## Types',
    markdownTable(
      ['type', 'values', 'rule that others break'],
      [
        [
          'id',
          'whole numbers of at most 18 digits, or any text where `id_type` is `string`',
          '`id_not_integer`',
        ],
        ['integer', 'whole numbers of at most 18 digits', '`not_an_integer`'],
        [
          'timestamp',
          '`2024-05-31`, `2024-05-31T23:59:59`, with fractions of a second, with an offset (`Z`, `+02:00`); UTC without one; 1970 to 2100',
          '`not_a_timestamp`, `timestamp_out_of_range`',
        ],
        ['money', 'amounts with at most two decimals', '`not_money`, `scale`'],
        ['text', 'any', ''],
      ],
    ),
    `Blanks around a value are dropped. An empty field is a missing value, and so is ${missingTexts.map((text) => `\`${text}\``).join(', ')}. A required column must be in the file, and its values must not be missing (rule \`required\`).`,
    '## What a broken rule leads to',
    markdownTable(
      ['on_fail', 'consequence'],
      [
        ['warn', 'the row is used, and counted in the report'],
        ['quarantine', 'the row is set aside with its line, its reason and its text: `ecom quarantine`'],
        ['fail', 'the run fails, and names the first such line'],
      ],
    ),
    [
      'A row that cannot be read is quarantined: `too_few_fields`, `too_many_fields`, `broken_quotes`, `line_too_long` (1 MB),',
      '`not_utf8`, `nul_byte`. A row that repeats another one exactly is dropped and counted as a duplicate; rows with the same key',
      'and other content are all quarantined (`conflict`). Where more rows are quarantined than the dataset tolerates,',
      'the run fails.',
    ].join('\n'),
    ...datasetNames.map(section),
  ].join('\n\n')}\n`;
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
      ...(keepsOtherColumns ? ['Further columns are kept as text and may serve as segments.'] : []),
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

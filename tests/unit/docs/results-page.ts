import { type ResultColumn, resultColumns } from '../../../layers/report/results.ts';
import { markdownTable } from '../../oracle/document.ts';

const types: Record<ResultColumn['type'], string> = {
  text: 'text',
  number: 'double',
  integer: 'integer',
  boolean: 'boolean',
};

/** docs/results.md: the columns of results.csv and results.parquet. */
export function resultsPage(): string {
  return `${[
    '# Columns of the results',
    'Generated from `layers/report/results.ts`; a test keeps it current.',
    [
      '`results.csv` and `results.parquet` have one row per experiment, segment level, metric and arm, with the same columns. A',
      'metric with two roles has rows for each; one that is not available has none. An empty cell is null. In the CSV, text that',
      'begins like a formula has an apostrophe before it.',
    ].join('\n'),
    markdownTable(
      ['column', 'type', 'null', 'meaning'],
      Object.entries(resultColumns).map(([name, { type, isOptional, meaning }]) => [
        `\`${name}\``,
        types[type],
        isOptional ? 'yes' : '',
        meaning,
      ]),
    ),
  ].join('\n\n')}\n`;
}

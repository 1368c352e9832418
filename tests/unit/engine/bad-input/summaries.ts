import type { FileCase } from './catalogue.ts';

const config = (columns: string, outcome: string) => `as_of: 2024-03-31
summary:
  file: results.csv
  experiment_id: { constant: test }
  variant: arm
  users: n
${columns}  outcomes: { ${outcome} }
`;
const conversions = 'purchase_conversion: { conversions: orders }';
const mean = 'revenue_per_user: { mean: mean, variance: variance }';
const sums = 'revenue_per_user: { sum: sum, sum_squares: squares }';

function fails(
  input: string,
  lines: readonly string[],
  message: string,
  { columns = '', outcome = conversions, error = 'DataError' } = {},
): FileCase {
  const primary = outcome === conversions ? '' : 'experiments: { "*": { primary: revenue_per_user } }\n';
  return {
    group: 'Sums by arm',
    input,
    files: {
      'results.csv': `${lines.join('\n')}\n`,
      'experiment.yaml': config(columns, outcome) + primary,
    },
    fails: [error, message],
  };
}

const daily = { columns: '  day: day\n' };
const cumulated = ['control', 'treatment'].flatMap((arm) =>
  [1, 2, 3, 4].map((day) => `2024-03-0${day},${arm},${1000 * day},${100 * day}`),
);

/** Files of sums by arm, which are refused as a whole: a row of them stands for many users. */
export const summaryCases: readonly FileCase[] = [
  fails(
    'more conversions than users',
    ['arm,n,orders', 'control,100,10', 'treatment,100,101'],
    'the conversions are no number of the 100 users (raw/results.csv:3, purchase_conversion)',
  ),
  fails(
    'groups of three digits',
    ['arm,n,orders', 'control,"1,000",10', 'treatment,1000,11'],
    '"1,000" is no number (raw/results.csv:2, column n)',
  ),
  fails(
    'half a user',
    ['arm,n,orders', 'control,100.5,10', 'treatment,100,11'],
    '"100.5" is no number of users',
  ),
  fails(
    'an arm that is there twice',
    ['arm,n,orders', 'control,100,10', 'treatment,100,11', 'control,100,12'],
    'the arm "control" of "test" is there twice, first in line 2 (raw/results.csv:4)',
  ),
  fails(
    'a row without an arm',
    ['arm,n,orders', 'control,100,10', ',100,11'],
    'the value is missing (raw/results.csv:3, column arm)',
  ),
  fails(
    'a line of fewer fields',
    ['arm,n,orders', 'control,100,10', 'treatment,100'],
    'the record has 2 fields, the header 3 (raw/results.csv:3)',
  ),
  fails(
    'a column that there is none of',
    ['arm,visitors,orders', 'control,100,10', 'treatment,100,11'],
    'there is no column "n"; the file has arm, visitors, orders',
    { error: 'ConfigError' },
  ),
  fails(
    'a negative variance',
    ['arm,n,mean,variance', 'control,100,4,9', 'treatment,100,5,-9'],
    'it has a negative spread (raw/results.csv:3, revenue_per_user)',
    { outcome: mean },
  ),
  fails(
    'squares of the sums in place of sums of squares',
    ['arm,n,sum,squares', 'control,100,400,1000', 'treatment,100,500,2700'],
    'the sum of squares is less than the sum allows (raw/results.csv:2, revenue_per_user)',
    { outcome: sums },
  ),
  fails(
    'a day in the order of a country',
    ['day,arm,n,orders', '01.03.2024,control,100,10', '01.03.2024,treatment,100,11'],
    '"01.03.2024" is no day',
    daily,
  ),
  fails(
    'a day after the end of the data',
    ['day,arm,n,orders', '2024-04-02,control,100,10', '2024-03-01,treatment,100,11'],
    '2024-04-02 lies after the end of the data (2024-04-01)',
    daily,
  ),
  fails(
    'days of which each seems to hold those before it',
    ['day,arm,n,orders', ...cumulated],
    'summary: { counts: cumulative }',
    daily,
  ),
  fails(
    'cumulative days that fall',
    [
      'day,arm,n,orders',
      '2024-03-01,control,100,10',
      '2024-03-02,control,90,9',
      '2024-03-01,treatment,100,11',
    ],
    'the row has less than that of the day before, which no cumulative one has (raw/results.csv:3)',
    { columns: '  day: day\n  counts: cumulative\n' },
  ),
];

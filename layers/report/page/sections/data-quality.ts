import { placeIn } from '../../../data/place.ts';
import { formatCount } from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { name, rawValue } from '../../html/names.ts';
import { plainTable, table } from '../../html/table.ts';
import type { Report } from '../../schema.ts';
import { reasonText, unavailableBeside, unavailableLabel } from '../../words.ts';
import type { RunSection } from '../section.ts';

type Rule = Report['warnings'][number];

/** What became of every line, what was set aside and why, and what could not be computed. */
export const dataQualitySection: RunSection = (report) => {
  const datasets = Object.entries(report.quality);
  const { quarantineRules, warnings } = report;
  const unavailable = unavailableBeside(report);
  if (datasets.length + quarantineRules.length + warnings.length + unavailable.length === 0) return null;
  type Dataset = (typeof datasets)[number];
  const column = (label: string, count: (quality: Dataset[1]) => number) => ({
    label,
    align: 'number' as const,
    cell: ([, quality]: Dataset) => formatCount(count(quality)),
  });
  return {
    id: 'data-quality',
    title: 'Data quality',
    body: html`
${
  datasets.length === 0
    ? null
    : plainTable<Dataset>(
        'Lines read = accepted + quarantined + duplicates',
        [
          { label: 'Dataset', cell: ([dataset]) => html`<code>${dataset}</code>` },
          column('Lines', ({ lines }) => lines),
          column('Accepted', ({ accepted }) => accepted),
          column('Quarantined', ({ quarantined }) => quarantined),
          column('Duplicates', ({ duplicates }) => duplicates),
        ],
        datasets,
      )
}
${rulesTable('Quarantined lines: not used in any number', quarantineRules)}
${rulesTable('Oddities: used, but worth a look', warnings)}
${
  unavailable.length === 0
    ? null
    : plainTable<(typeof unavailable)[number]>(
        'Not available with these data',
        [
          { label: 'What', cell: (found) => html`<code>${name(unavailableLabel(found))}</code>` },
          { label: 'Why', cell: ({ reason }) => reasonText(reason) },
        ],
        unavailable,
      )
}`,
  };
};

/** Below `raw/`, which is where all files lie. */
function placeText(file: string | undefined, line: number): string {
  return file === undefined ? `line ${formatCount(line)}` : placeIn(file.replace(/^raw\//, ''), line);
}

function rulesTable(caption: string, rules: readonly Rule[]): Html | null {
  if (rules.length === 0) return null;
  return table<Rule>({
    caption,
    columns: [
      {
        label: 'Where',
        cell: ({ dataset, column }) =>
          html`<code>${dataset}${column === null ? null : html`.${name(column)}`}</code>`,
        sort: ({ dataset, column }) => `${dataset}.${column ?? ''}`,
      },
      { label: 'Rule', cell: ({ rule }) => reasonText(rule), sort: ({ rule }) => rule },
      { label: 'Lines', align: 'number', cell: ({ rows }) => formatCount(rows), sort: ({ rows }) => rows },
      {
        label: 'Examples',
        cell: ({ examples }) =>
          examples.length === 0
            ? '–'
            : html`<ul class="examples">${examples.map(
                ({ file, line, value }) =>
                  html`<li>${line === null ? null : html`<small class="inline">${placeText(file, line)}</small> `}${rawValue(value)}</li>`,
              )}</ul>`,
      },
    ],
    groups: [{ label: null, rows: rules }],
    ...(rules.length > 12 ? { filter: 'Filter rules' } : {}),
  });
}

import { formatCount } from '../../../layers/report/format.ts';
import { type Html, html } from '../../../layers/report/html/html.ts';
import { icon } from '../../../layers/report/html/icons.ts';
import { name, rawValue, sentence } from '../../../layers/report/html/names.ts';
import { plainTable } from '../../../layers/report/html/table.ts';
import type { Report } from '../../../layers/report/schema.ts';
import { reasonText } from '../../../layers/report/words.ts';
import type { RawInput } from '../../../layers/runs/documents.ts';
import type { PublishedArm, PublishedMarts } from '../../pipeline/published-marts.ts';
import type { RunDetails } from '../../pipeline/run-details.ts';
import type { RuleRows } from '../../quarantine/quarantine.ts';
import { formatBytes } from '../../terminal.ts';
import type { QuarantineSummary } from '../site.ts';
import { card } from './layout.ts';
import { command } from './next-steps.ts';
import { capitalised, moment } from './words.ts';

/** Rows that were not used: how many broke which rule, and a few of each as they stand in the file. */
export function quarantineCard(
  { runId, status }: RunDetails,
  { counts, rows }: QuarantineSummary,
): Html | null {
  const total = counts.reduce((sum, rule) => sum + rule.rows, 0);
  if (total === 0) {
    return status === 'SUCCEEDED'
      ? card('Quarantined rows', html`<p class="line">${icon('good')} Every row was used.</p>`)
      : null;
  }
  const examplesOf = (rule: RuleRows) =>
    rows.filter(
      (row) => row.dataset === rule.dataset && row.rule === rule.rule && row.column === rule.column,
    );
  return card(
    'Quarantined rows',
    html`${plainTable<RuleRows>(
      `${formatCount(total)} rows were not used. All of them, for repair: ./ecom quarantine ${runId} --export repair/`,
      [
        {
          label: 'Where',
          cell: ({ dataset, column }) =>
            html`<code class="where">${dataset}${column === null ? null : html`.<wbr>${name(column)}`}</code>`,
        },
        { label: 'Rule', cell: ({ rule }) => html`<span class="rule">${reasonText(rule)}</span>` },
        { label: 'Rows', align: 'number', cell: (rule) => formatCount(rule.rows) },
        {
          label: 'Examples',
          cell: (rule) => examples(examplesOf(rule)),
        },
      ],
      counts,
    )}`,
  );
}

/** The first of them; the others behind it. */
function examples([first, ...others]: QuarantineSummary['rows']): Html | null {
  if (first === undefined) return null;
  const example = ({ place, reason, raw }: typeof first) =>
    html`<div class="quarantined"><span class="place">${name(place)}</span> ${sentence(reason)} ${rawValue(raw)}</div>`;
  return html`<div>${example(first)}${
    others.length === 0
      ? null
      : html`<details class="more"><summary>${others.length} more</summary>${others.map(example)}</details>`
  }</div>`;
}

/** What Postgres shows of the run, held against the report. */
export function martsCard(marts: PublishedMarts, report: Report | null): Html {
  if ('problem' in marts) {
    return card(
      'In Postgres',
      html`<p class="line">${icon('caution')} ${sentence(capitalised(marts.problem))}</p>
<p class="fine">The report comes from S3 and is complete without it. See what runs: ${command('./ecom status')}</p>`,
    );
  }
  const reported = new Map(
    (report?.experiments ?? []).flatMap(({ experimentId, arms }) =>
      arms.map(({ variant, exposed }) => [JSON.stringify([experimentId, variant]), exposed] as const),
    ),
  );
  const agrees = ({ experimentId, variant, users }: PublishedArm) =>
    reported.get(JSON.stringify([experimentId, variant])) === users;
  return card(
    'In Postgres',
    plainTable<PublishedArm>(
      'The view mart_user_outcomes, read now',
      [
        { label: 'Experiment', cell: ({ experimentId }) => name(experimentId) },
        { label: 'Arm', cell: ({ variant }) => name(variant) },
        { label: 'Users', align: 'number', cell: ({ users }) => formatCount(users) },
        { label: 'Purchasers', align: 'number', cell: ({ purchasers }) => formatCount(purchasers) },
        { label: 'Revenue', align: 'number', cell: ({ revenue }) => groupThousands(revenue) },
        {
          label: 'Users in the report',
          cell: (arm) =>
            agrees(arm)
              ? html`<span class="status good">${icon('good')}the same</span>`
              : html`<span class="status caution">${icon('caution')}${formatCount(reported.get(JSON.stringify([arm.experimentId, arm.variant])) ?? 0)}</span>`,
        },
      ],
      marts.arms,
    ),
  );
}

function groupThousands(decimal: string): string {
  const [whole = '', fraction] = decimal.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u2009');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Which files, which code, which settings; and where all of it is written down. */
export function inputsCard({ runId, inputs, manifest }: RunDetails): Html {
  return card(
    'Inputs and versions',
    html`${
      inputs === null
        ? html`<p class="line">Nobody pinned the inputs of this run.</p>`
        : plainTable<RawInput>(
            'The objects and their versions that the run read, pinned before it started',
            [
              { label: 'File', cell: ({ key }) => html`<code>${name(key)}</code>` },
              { label: 'Size', align: 'number', cell: ({ size }) => formatBytes(size) },
              { label: 'Uploaded', align: 'number', cell: ({ lastModified }) => moment(lastModified) },
              { label: 'Entity tag', cell: ({ etag }) => html`<code>${etag.slice(0, 12)}</code>` },
              {
                label: 'Version',
                cell: ({ versionId }) =>
                  versionId === null ? '–' : html`<code>${name(versionId.slice(0, 12))}</code>`,
              },
            ],
            inputs.inputs,
          )
    }
<dl class="settings">
${inputs === null ? null : html`${entry('Code', inputs.codeVersion.slice(0, 16))}${entry('Configuration', inputs.configHash.slice(0, 16))}`}
${manifest === null ? null : html`${entry('DuckDB', manifest.versions.duckdb)}${entry('Node.js', manifest.versions.node)}${entry('Objects written', formatCount(manifest.outputs.length))}`}
</dl>
${manifest === null ? null : html`<p class="fine"><a href="/runs/${runId}/files/manifest.json">manifest.json</a> names every object that is a result of this run, with rows, bytes and entity tags.</p>`}`,
  );
}

function entry(term: string, value: string): Html {
  return html`<div><dt>${term}</dt><dd><code>${value}</code></dd></div>`;
}

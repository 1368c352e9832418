import { formatCount, formatMoment, formatQuantity } from '../../format.ts';
import { type Content, type Html, html } from '../../html/html.ts';
import { plainTable } from '../../html/table.ts';
import type { Report } from '../../schema.ts';
import type { RunSection } from '../section.ts';

/** What this report was made from: the same inputs, configuration and code give the same bytes. */
export const lineageSection: RunSection = ({ run, schemaVersion }) => ({
  id: 'lineage',
  title: 'Lineage and versions',
  summary: html`${formatQuantity(run.inputs.length, 'file')}, configuration <code>${run.configHash.slice(0, 8)}</code>, code <code>${run.engine.codeVersion.slice(0, 12)}</code>`,
  body: html`<dl class="settings">
${entry('Run', html`<code>${run.runId}</code>`)}
${entry('Drop', html`<code>${run.drop}</code>`)}
${entry('Data up to', run.asOf === null ? 'not known' : formatMoment(run.asOf))}
${entry('Configuration', html`<code>${run.configHash}</code>`)}
${entry('Code', html`<code>${run.engine.codeVersion}</code>`)}
${entry('Report schema', `version ${schemaVersion}`)}
</dl>
${plainTable<Report['run']['inputs'][number]>(
  'Files this run read',
  [
    { label: 'Key', cell: ({ key }) => html`<code>${key}</code>` },
    { label: 'Bytes', align: 'number', cell: ({ size }) => formatCount(size) },
    { label: 'ETag', cell: ({ etag }) => html`<code>${etag}</code>` },
  ],
  run.inputs,
)}
<p class="fine">The same files, configuration and code make the same run, and the same report byte for byte. Beside this page lie <code>report.json</code>, <code>results.csv</code>, <code>results.parquet</code> and <code>EXPERIMENT_DECISION.md</code> with the same numbers.</p>`,
});

function entry(term: string, value: Content): Html {
  return html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
}

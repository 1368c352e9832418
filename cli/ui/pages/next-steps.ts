import { type Html, html } from '../../../layers/report/html/html.ts';
import { defaultDrop } from '../../../layers/runs/keys.ts';
import type { RunRecord } from '../site.ts';

/** What to type next, and why. */
export interface NextStep {
  readonly why: string;
  readonly command: string;
}

/** Errors that the same data and configuration would meet again. */
const deterministic = new Set(['ConfigError', 'DataError', 'SchemaError']);

/** What helps after a failure: other data for one that they would meet again, else another attempt at the same. */
export function nextSteps({ runId, drop, failure, quarantine }: RunRecord): NextStep[] {
  if (failure === null) return [];
  if (!deterministic.has(failure.error)) {
    return [
      ...(failure.error === 'TransientError'
        ? [{ why: 'See whether all that it needs is running', command: './ecom status' }]
        : []),
      {
        why: 'Try the same data again; stages that are done are skipped',
        command: `./ecom retry ${runId}`,
      },
    ];
  }
  const name = drop === null || drop === defaultDrop ? '' : ` --drop ${drop}`;
  return [
    ...((quarantine?.counts.length ?? 0) > 0
      ? [
          {
            why: 'Write the rows that were not used to files, to repair them',
            command: `./ecom quarantine ${runId} --export repair/`,
          },
        ]
      : []),
    {
      why: 'Mend what the message names in your folder, and let it be checked',
      command: './ecom validate my-data/',
    },
    { why: 'Upload the folder again, as a new run', command: `./ecom run my-data/${name}` },
  ];
}

/** A command with a button that copies it. */
export function command(text: string): Html {
  return html`<span class="command"><code>${text}</code><button type="button" class="copy">Copy</button></span>`;
}

export function stepList(steps: readonly NextStep[]): Html {
  return html`<ol class="steps">${steps.map(
    ({ why, command: text }) => html`<li><span>${why}</span>${command(text)}</li>`,
  )}</ol>`;
}

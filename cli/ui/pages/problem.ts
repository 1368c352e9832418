import type { Fault } from '../../../layers/platform/errors.ts';
import { html } from '../../../layers/report/html/html.ts';
import { icon } from '../../../layers/report/html/icons.ts';
import { sentence } from '../../../layers/report/html/names.ts';
import type { Page } from './layout.ts';
import { capitalised } from './words.ts';

const titles: Readonly<Record<number, string>> = {
  400: 'Not understood',
  404: 'Not found',
  405: 'Not possible',
  503: 'No answer',
};

/** Instead of a page: what is wrong, where, and what to do. One that is wrong for a while comes back by itself. */
export function problemPage({ what, where, remedy }: Fault, status: number): Page {
  const tone = status >= 500 ? 'bad' : 'caution';
  return {
    title: titles[status] ?? 'Not possible',
    ...(status === 503 ? { refresh: 2000, recovers: true } : {}),
    body: html`<section class="card failure ${tone}"><h1>${icon(tone)} ${sentence(capitalised(what))}</h1>
${where === undefined ? null : html`<p class="line"><code>${sentence(where)}</code></p>`}
${remedy === undefined ? null : html`<p class="cause">${sentence(remedy)}</p>`}
${status === 503 ? html`<p class="fine">This page looks again every two seconds, and opens as soon as there is an answer.</p>` : null}
<p><a class="button" href="/">All runs</a></p></section>`,
  };
}

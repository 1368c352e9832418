import type { Fault } from '../../../layers/contracts/errors/index.ts';
import { html } from '../../../layers/report/page/html.ts';
import { icon } from '../../../layers/report/page/icons.ts';
import { sentence } from '../../../layers/report/page/names.ts';
import type { Page } from './layout.ts';

/** Instead of a page: what is wrong, where, and what to do. */
export function problemPage({ what, where, remedy }: Fault): Page {
  return {
    title: 'Not possible',
    body: html`<section class="card failure bad"><h1>${icon('bad')} ${sentence(what.charAt(0).toUpperCase() + what.slice(1))}</h1>
${where === undefined ? null : html`<p class="line"><code>${sentence(where)}</code></p>`}
${remedy === undefined ? null : html`<p class="cause">${sentence(remedy)}</p>`}
<p><a class="button" href="/">All runs</a></p></section>`,
  };
}

import { type Html, html } from '../html/html.ts';

/** What the words of the report mean, for whoever did not run the experiment. */
const terms = {
  lift: [
    'Lift',
    'The difference between treatment and control relative to the control: 4.0 % to 5.0 % is a difference of +1.00 pp and a lift of +25 %.',
  ],
  interval: [
    'Interval',
    'The effects that the data are compatible with. A 95 % interval holds the true effect in 95 of 100 such experiments; one that excludes zero is a significant difference.',
  ],
  p: [
    'p-value',
    'How often chance alone would show a difference at least this large if there were none. Adjusted: made larger because several metrics or arms were looked at.',
  ],
  trust: [
    'Trust checks',
    'Whether the arms can be compared at all: whether they split as planned, were alike before the exposure, and lost no data. One that fails makes the experiment invalid.',
  ],
  guardrail: [
    'Guardrail',
    'A metric that must not get worse by more than its margin, the harm that was declared tolerable beforehand. It holds once harm beyond the margin is ruled out.',
  ],
  exposure: [
    'Exposed',
    'Users who saw what the experiment changes. Only they are analysed: all others cannot have been affected.',
  ],
  window: [
    'Outcome window',
    'The days after the exposure in which what a user does counts; the same for everyone.',
  ],
  power: [
    'Power',
    'The chance to find an effect of a given size if it is there. With too few users an effect may go unseen.',
  ],
  cuped: [
    'CUPED',
    'An estimate that takes out what users already did before their exposure, so that it varies less.',
  ],
  capped: ['Capped', 'Computed with very large values cut, so that a few large orders do not decide.'],
} as const satisfies Record<string, readonly [string, string]>;

export type Term = keyof typeof terms;

/** Words that explain themselves: by pointer, touch or keyboard, without a script. */
export function glossaryLine(ids: readonly Term[]): Html {
  return html`<p class="words">What it means: ${ids.map(
    (id, index) =>
      html`${index === 0 ? '' : ' · '}<button type="button" class="term" popovertarget="g-${id}">${terms[id][0]}</button>`,
  )}</p>`;
}

/** The explanations, once for the page. */
export const glossary: Html = html`<div class="glossary">${Object.entries(terms).map(
  ([id, [title, text]]) =>
    html`<div popover id="g-${id}" role="note" aria-label="${title}"><dfn>${title}</dfn> ${text}</div>`,
)}</div>`;

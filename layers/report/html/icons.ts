import type { Tone } from '../words.ts';
import { type Html, html, trusted } from './html.ts';

/** Shapes of the four tones, told apart without colour. Used by `<use>`, so the page holds each once. */
export const iconSheet: Html = trusted(
  `<svg class="sheet" aria-hidden="true" width="0" height="0"><defs>` +
    `<symbol id="i-good" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.5"/><path d="M4.6 8.3l2.3 2.3 4.6-5"/></symbol>` +
    `<symbol id="i-bad" viewBox="0 0 16 16"><path class="body" d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z"/><path d="M5.4 5.4l5.2 5.2m0-5.2l-5.2 5.2"/></symbol>` +
    `<symbol id="i-caution" viewBox="0 0 16 16"><path class="body" d="M8 .9l7.4 13.6H.6z"/><path d="M8 5.6v4.2M8 12v.2"/></symbol>` +
    `<symbol id="i-neutral" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.5"/><path d="M4.6 8h6.8"/></symbol>` +
    `</defs></svg>`,
);

export function icon(tone: Tone): Html {
  return html`<svg class="icon ${tone}" aria-hidden="true"><use href="#i-${tone}"/></svg>`;
}

/** A word with its shape and colour. */
export function status({ tone, label }: { readonly tone: Tone; readonly label: string }): Html {
  return html`<span class="status ${tone}">${icon(tone)}${label}</span>`;
}

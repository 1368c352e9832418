import { formatCount } from '../format.ts';
import { metricLabel } from '../labels.ts';
import { type Html, html, printable } from './html.ts';

/** A name from data, in its own direction, and short: a name of 10,000 characters stays one line or two. */
export function name(text: string): Html {
  return html`<bdi>${shorten(text, 80)}</bdi>`;
}

/** A sentence of the report that may hold names, cut like them. */
export function sentence(text: string): string {
  return unbroken(shorten(text, 600));
}

/** A value from data as it was written. */
export function rawValue(text: string): Html {
  if (text === '') return html`<small class="inline">(empty)</small>`;
  return html`<code class="raw"><bdi>${shorten(text, 200)}</bdi></code>`;
}

/** Text for places without markup (titles, SVG), in its own direction by U+2068 and U+2069. */
export function plainName(text: string): string {
  return `\u2068${printable(shorten(text, 80))}\u2069`;
}

/** The first characters of a text, and how many there are. */
function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  return `${characters.slice(0, limit).join('')}… (${formatCount(characters.length)} characters)`;
}

export function metricName(metric: string): Html {
  return name(metricLabel(metric));
}

/** Numbers with their units, and p with its number, on one line: it may break before `to` and `of` only. */
export function unbroken(text: string): string {
  return text.replace(/ (?=[\d%]|pp|s\b)|(?<=\bp) (?=[=<])/g, '\u00a0');
}

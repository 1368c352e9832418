import { type PlotOptions, plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type Html, trusted } from '../../html/html.ts';

/** What is used of an element; the project has no types of the DOM. */
interface SvgElement {
  readonly parentElement: SvgElement | null;
  readonly nextElementSibling: SvgElement | null;
  getAttribute(name: string): string | null;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
}

const { document } = parseHTML('<html></html>');

/** What a chart says at a place along x, in its own pixels. */
export interface Value {
  readonly x: number;
  readonly text: string;
}

/**
 * A chart as SVG, the same bytes for the same options. Styles and fonts are the page's; `title` says in words what the
 * chart shows, to screen readers and as a tooltip; `values` what it says where one points.
 */
export function draw(title: string, options: PlotOptions, values: readonly Value[] = []): Html {
  const svg = plot({ ...options, document, className: 'chart' });
  svg.querySelector('style')?.remove();
  for (const attribute of ['fill', 'font-family', 'font-size', 'text-anchor', 'width', 'height'])
    svg.removeAttribute(attribute);
  for (const group of svg.querySelectorAll('[aria-label]')) group.removeAttribute('aria-label');
  for (const text of svg.querySelectorAll('text')) placeByCoordinates(text);
  svg.setAttribute('role', 'img');
  const name = document.createElementNS('http://www.w3.org/2000/svg', 'title');
  name.textContent = title;
  svg.prepend(name);
  if (values.length > 0) {
    svg.setAttribute('data-values', values.map(({ x, text }) => `${x.toFixed(1)} ${text}`).join('\n'));
  }
  return trusted(svg.outerHTML);
}

/** Moves a text by x and y in place of translations: Chromium forgets these in the repeated head of a printed table. */
function placeByCoordinates(text: SvgElement): void {
  const [own, outer] = [text, text.parentElement].map((element) => {
    const [, x, y] =
      /^translate\(([-\d.]+),([-\d.]+)\)$/.exec(element?.getAttribute('transform') ?? '') ?? [];
    return { x: Number(x ?? 0), y: Number(y ?? 0) };
  });
  if (own === undefined || outer === undefined) return;
  const round = (value: number) => String(Number(value.toFixed(1)));
  text.setAttribute('dy', text.getAttribute('y') ?? '0');
  text.setAttribute('x', round(own.x + outer.x));
  text.setAttribute('y', round(own.y + outer.y));
  text.removeAttribute('transform');
  if (text.nextElementSibling === null) text.parentElement?.removeAttribute('transform');
}

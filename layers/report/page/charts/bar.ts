import { type Html, html } from '../../html/html.ts';

export interface Bar {
  /** What the bar says, in words. */
  readonly title: string;
  readonly from: number;
  readonly to: number;
  /** Where the axis, which begins at 0, ends. */
  readonly max: number;
  /** What was removed, and parts of a total, are thinner bars; a control's is an outline: told apart without colour. */
  readonly kind: 'total' | 'removed' | 'part' | 'control';
}

const [width, height] = [220, 20];

/**
 * One horizontal bar on an axis that its neighbours in the table share. One that goes beyond the axis is broken: it does
 * not look as long as one that ends there.
 */
export function barChart({ title, from, to: end, max, kind }: Bar): Html {
  const to = Math.min(end, max);
  const x = (value: number) => Number((1 + (max === 0 ? 0 : value / max) * (width - 2)).toFixed(1));
  const inset = kind === 'removed' || kind === 'part' ? 7 : 4;
  return html`<svg class="chart bar ${kind}" viewBox="0 0 ${width} ${height}" role="img"><title>${title}</title><path class="zero" d="M1 0V${height}"/><rect x="${x(from)}" y="${inset}" width="${Number((x(to) - x(from)).toFixed(1))}" height="${height - 2 * inset}" rx="1.5"/>${end > max ? html`<path class="break" d="M${width - 30} ${height - 1}l6 ${2 - height}M${width - 24} ${height - 1}l6 ${2 - height}"/>` : null}</svg>`;
}

import { parseHTML } from 'linkedom';
import { reportPage } from '../../../layers/report/page/page.ts';
import type { Report } from '../../../layers/report/schema.ts';
import { shopReport } from './shop-report.ts';

export const shop = shopReport();
export const page = reportPage(shop);

export function parse(markup: string) {
  const { document } = parseHTML(markup);
  const text = (selector: string) =>
    document
      .querySelector(selector)
      ?.textContent.replace(/[ \u00a0\n]+/g, ' ')
      .trim();
  return { document, text };
}

/** The first experiment with a part of it replaced. */
export function onlyCheckout(change: Partial<Report['experiments'][number]> = {}): Report {
  const [checkout] = shop.experiments;
  if (checkout === undefined) throw new Error('the shop has experiments');
  return { ...shop, experiments: [{ ...checkout, ...change }] };
}

import { formatCount, formatQuantity } from './format.ts';
import { metricLabel } from './labels.ts';
import type { Comparison, MetricReport } from './schema.ts';

/** What to say of amounts that rest on few buyers, for each treatment: `Revenue per user is rough: control has 31 buyers ...`. */
export function fewBuyersSentences(metrics: readonly MetricReport[], control: string): string[] {
  const found = metrics.flatMap(({ metric, comparisons }) =>
    comparisons.flatMap(({ variant, fewBuyers }) =>
      fewBuyers === undefined
        ? []
        : [{ label: metricLabel(metric), why: reason(control, variant, fewBuyers) }],
    ),
  );
  return [...new Set(found.map(({ why }) => why))].map((why) => {
    const labels = [...new Set(found.filter((one) => one.why === why).map(({ label }) => label))];
    return `${labels.join(' and ')} ${labels.length === 1 ? 'is' : 'are'} rough: ${why}`;
  });
}

function reason(control: string, variant: string, buyers: NonNullable<Comparison['fewBuyers']>): string {
  return `${control} has ${formatQuantity(buyers.control, 'buyer')} and ${variant} ${formatCount(buyers.treatment)}, and it takes ${formatCount(buyers.minimum)} in each arm for interval and p to be reliable.`;
}

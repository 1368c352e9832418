import { formatCount, formatQuantity } from './format.ts';
import { metricLabel } from './labels.ts';
import type { Comparison } from './schema.ts';

/** What to say of an amount that rests on few buyers, or null: `Revenue per user is rough: control has 31 buyers ...`. */
export function fewBuyersSentence(
  metric: string,
  { fewBuyers, variant }: Pick<Comparison, 'fewBuyers' | 'variant'>,
  control: string,
): string | null {
  if (fewBuyers === undefined) return null;
  const { minimum } = fewBuyers;
  return `${metricLabel(metric)} is rough: ${control} has ${formatQuantity(fewBuyers.control, 'buyer')} and ${variant} ${formatCount(fewBuyers.treatment)}, where interval and p take ${formatCount(minimum)} in each arm to be reliable.`;
}

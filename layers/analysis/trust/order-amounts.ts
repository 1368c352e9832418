import { metricNamed } from '../../experiment/metrics.ts';
import { formatCount, formatQuantity } from '../../report/format.ts';
import { type Check, counted, type LoggingInput, notChecked } from './check.ts';

/** Items of one order mostly cost different amounts: where so many orders have one amount alone, it is their total. */
const totalsShare = 0.8;
const fewestOrders = 5;

/**
 * Whether the rows of an order's products each have the order's total, which revenue then counts once for each row. Fails
 * where the primary metric is one of money.
 */
export const orderAmounts: Check<LoggingInput> = {
  name: 'order_amounts',
  label: "Orders' totals on each row",
  evaluate({ measurement: { eventQuality }, settings, run }: LoggingInput) {
    if (eventQuality === undefined) return notChecked('The run did not look at the amounts of orders.');
    const orders = eventQuality.purchases.reduce((sum, arm) => sum + arm.severalProducts, 0);
    const alike = eventQuality.purchases.reduce((sum, arm) => sum + arm.oneAmount, 0);
    if (orders < fewestOrders || alike / orders < totalsShare) {
      return counted(false, `No order's total is counted once for each of its products.`);
    }
    const decides = metricNamed(run.config, settings.primary)?.numerator.unit === 'cents';
    return {
      status: decides ? 'fail' : 'warn',
      explanation: `${formatCount(alike)} of ${formatQuantity(orders, 'order')} of several products have the same amount on each row: probably the order's total, which revenue counts once for each. To count it once an order, put this into experiment.yaml and run the same files again: dedupe: { events: [user_id, event_name, order_id, revenue] }.`,
    };
  },
};

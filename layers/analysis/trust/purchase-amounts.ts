import { unreadAmountNote } from '../../data/values.ts';
import { metricNamed } from '../../experiment/metrics.ts';
import { formatCount, formatPercent, formatQuantity, statedP } from '../../report/format.ts';
import { testHomogeneity } from '../../statistics/homogeneity.ts';
import { srmAlpha } from '../../statistics/srm.ts';
import { type Check, counted, type LoggingInput, notChecked } from './check.ts';

/** Share of the purchases whose amount cannot be read from which on it is worth a note, and on which no verdict on money rests. */
const notableShare = 0.01;
const largestShare = 0.05;

/**
 * Whether purchases lack their amount, which then are purchases without money. Fails where the primary metric is one of money and
 * the arms differ in it, or where more of the amounts cannot be read than a run would set aside rows.
 */
export const purchaseAmounts: Check<LoggingInput> = {
  name: 'purchase_amounts',
  label: 'Purchases without an amount',
  evaluate({ measurement: { eventQuality }, settings, run }: LoggingInput) {
    const groups = (eventQuality?.purchases ?? []).flatMap(({ variant, purchases, withoutAmount }) =>
      purchases === undefined || withoutAmount === undefined
        ? []
        : [{ variant, total: purchases, hits: withoutAmount }],
    );
    const [total, hits] = (['total', 'hits'] as const).map((key) =>
      groups.reduce((sum, group) => sum + group[key], 0),
    ) as [number, number];
    const unread = run.warnings
      .filter(({ dataset, rule }) => dataset === 'events' && rule === unreadAmountNote)
      .reduce((sum, { rows }) => sum + rows, 0);
    if (total === 0 || (hits === total && unread === 0)) {
      return notChecked('The purchases have no amounts.');
    }
    const ofAll = Math.max(total, accepted(run, run.config.events.purchase));
    const decides = metricNamed(run.config, settings.primary)?.numerator.unit === 'cents';
    const rates = groups
      .map(
        ({ variant, hits: own, total: all }) =>
          `${variant} ${formatCount(own)} of ${formatCount(all)} (${formatPercent(own / all)})`,
      )
      .join(', ');
    const inDrop =
      unread === 0
        ? ''
        : ` Of ${formatCount(unread)} of ${formatQuantity(ofAll, 'purchase')} of the drop it cannot be read.`;
    const cure =
      unread === 0
        ? ''
        : ' Say how amounts are written: schema: { events: { revenue: { column: revenue, decimal: ",", thousands: ".", strip_currency: true } } }, as far as it applies.';
    const found = `Purchases without an amount count as purchases, and no money with them: ${rates}`;
    const test = testHomogeneity(groups);
    if (test.reason === null && test.p < srmAlpha) {
      return {
        status: decides ? 'fail' : 'warn',
        chiSquare: test,
        p: test.p,
        explanation: `${found}, ${statedP(test.p)}. The arms differ in it, so that their revenue cannot be compared.${inDrop}${cure}`,
      };
    }
    const compared = test.reason === null ? { chiSquare: test, p: test.p } : {};
    if (decides && unread > largestShare * ofAll) {
      return { ...compared, status: 'fail', explanation: `${found}.${inDrop}${cure}` };
    }
    return {
      ...compared,
      ...counted(
        unread > notableShare * ofAll,
        hits === 0 && unread === 0 ? 'Every purchase has its amount.' : `${found}.${inDrop}${cure}`,
      ),
    };
  },
};

function accepted({ decisiveEvents = [] }: LoggingInput['run'], event: string): number {
  return decisiveEvents.find((fate) => fate.event === event)?.accepted ?? 0;
}

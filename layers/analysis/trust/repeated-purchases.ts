import type { ArmPurchases } from '../../experiment/measurements.ts';
import { formatCount, formatPercent, statedP } from '../../report/format.ts';
import { testHomogeneity } from '../../statistics/homogeneity.ts';
import { srmAlpha } from '../../statistics/srm.ts';
import { type Check, counted, type LoggingInput, notChecked } from './check.ts';

/** Share of buyers from which repeated purchases are worth a warning. */
const notableShare = 0.01;

/** Whether purchases are there again under other event ids, which counts their money twice; fails where the arms differ in it. */
export const repeatedPurchases: Check<LoggingInput> = {
  name: 'repeated_purchases',
  label: 'Purchases that are there twice',
  evaluate({ measurement: { eventQuality } }: LoggingInput) {
    if (eventQuality === undefined) return notChecked('The run did not look for repeated purchases.');
    const groups = eventQuality.purchases.map((arm) => ({
      variant: arm.variant,
      total: arm.buyers,
      hits: Math.min(arm.buyers, arm.repeatedInOrder + arm.repeatedAtMoment),
    }));
    const [hits, total] = [sumOf(groups, 'hits'), sumOf(groups, 'total')];
    if (hits === 0) return counted(false, 'No purchase is there again under another event id.');
    const rates = groups
      .map(
        (arm) =>
          `${arm.variant} ${formatCount(arm.hits)} of ${formatCount(arm.total)} buyers (${formatPercent(arm.hits / arm.total)})`,
      )
      .join(', ');
    const what = `Purchases are there again under another event id, of the same user, ${writtenAs(eventQuality.purchases)}`;
    const cure = `To count each once, put this into experiment.yaml and run the same files again: ${foldingLine(eventQuality.purchases)}`;
    const test = testHomogeneity(groups);
    if (test.reason === null && test.p < srmAlpha) {
      return {
        status: 'fail',
        chiSquare: test,
        p: test.p,
        explanation: `${what}, and the arms differ in it: ${rates}, ${statedP(test.p)}. One arm's money is counted twice. ${cure}.`,
      };
    }
    const compared =
      test.reason === null ? { chiSquare: test, p: test.p, alike: ' The arms hardly differ in it.' } : {};
    return {
      ...compared,
      ...counted(hits / total >= notableShare, `${what}: ${rates}.${compared.alike ?? ''} ${cure}.`),
    };
  },
};

function sumOf<Key extends string>(rows: readonly Record<Key, number>[], key: Key): number {
  return rows.reduce((sum, row) => sum + row[key], 0);
}

function writtenAs(arms: readonly ArmPurchases[]): string {
  const ways = [
    ...(sumOf(arms, 'repeatedInOrder') > 0 ? ['order'] : []),
    ...(sumOf(arms, 'repeatedAtMoment') > 0 ? ['second (without an order)'] : []),
  ];
  return `${ways.join(' or ')} and amount`;
}

/** The line that takes the more frequent of both kinds out; orders are named where both are there. */
function foldingLine(arms: readonly ArmPurchases[]): string {
  const column = sumOf(arms, 'repeatedInOrder') >= sumOf(arms, 'repeatedAtMoment') ? 'order_id' : 'event_ts';
  return `dedupe: { events: [user_id, event_name, ${column}, product_id, revenue] }`;
}

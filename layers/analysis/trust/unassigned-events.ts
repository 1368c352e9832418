import { formatCount, formatPercent, formatQuantity } from '../../report/format.ts';
import { testHomogeneity } from '../../statistics/homogeneity.ts';
import { srmAlpha } from '../../statistics/srm.ts';
import { type Check, counted, type LoggingInput, notChecked } from './check.ts';

/** By so much has the share of the purchases of users without an assignment to exceed that of the exposures. */
const notableExcess = 0.05;

/**
 * Whether purchases are more often those of users without an assignment than exposures are: then users may be called otherwise
 * when they buy, as by an account in place of a visitor, and their purchases are lost.
 */
export const unassignedEvents: Check<LoggingInput> = {
  name: 'unassigned_events',
  label: 'Purchases of users without an assignment',
  evaluate({ measurement: { eventQuality }, run }: LoggingInput) {
    if (eventQuality === undefined)
      return notChecked('The run did not look for users without an assignment.');
    const { purchase } = run.config.events;
    const bought = eventQuality.byAssignment.find(({ event }) => event === purchase);
    const exposures = eventQuality.byAssignment.filter(({ event }) => event !== purchase);
    const [seen] = exposures;
    if (bought === undefined) return notChecked('There are no purchases.');
    const share = ({ events, unassigned }: typeof bought) => (events === 0 ? 0 : unassigned / events);
    if (seen === undefined) {
      const isNotable = share(bought) >= notableExcess;
      const own = `Since the first assignment, ${formatCount(bought.unassigned)} of ${formatQuantity(bought.events, `${bought.event} event`)} (${formatPercent(share(bought))}) are those of users without one`;
      return counted(
        isNotable,
        isNotable
          ? `${own}. There are no exposures to compare them with. If all of the shop's users were in the experiment, check that purchases name a user by the same id as assignments do. If it was for a part of them, this is as it should be.`
          : `${own}.`,
      );
    }
    const told = [bought, seen]
      .map(
        (one) =>
          `${formatCount(one.unassigned)} of ${formatQuantity(one.events, `${one.event} event`)} (${formatPercent(share(one))})`,
      )
      .join(' against ');
    const test = testHomogeneity([bought, seen].map((one) => ({ total: one.events, hits: one.unassigned })));
    const isApart = test.reason === null && test.p < srmAlpha && share(bought) - share(seen) >= notableExcess;
    return {
      ...(test.reason === null ? { chiSquare: test, p: test.p } : {}),
      ...counted(
        isApart,
        isApart
          ? `Purchases are lost: ${told} are those of users without an assignment. Check that purchases name a user by the same id as assignments do. An account's id in place of a visitor's takes the purchase out of every metric.`
          : `Since the first assignment, those of users without one are ${told}.`,
      ),
    };
  },
};

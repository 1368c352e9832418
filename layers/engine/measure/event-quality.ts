import type { ArmPurchases, EventQuality, ExperimentMeasurement } from '../../experiment/measurements.ts';
import type { MartsResult } from '../../runs/documents.ts';

/** Adds up what the buckets' events tell of how they were logged; of the days from the first assignment on. */
export function mergedEventQuality(
  marts: readonly MartsResult[],
  experimentId: string,
): Pick<ExperimentMeasurement, 'eventQuality'> {
  if (marts.some((mart) => mart.eventQuality === undefined)) return {};
  const found = marts.flatMap((mart) => mart.eventQuality ?? []);
  const [firstDay = ''] = marts
    .flatMap((mart) => mart.assignedByDay.filter((day) => day.experimentId === experimentId))
    .map(({ day }) => day)
    .toSorted();
  const own = <Row extends { readonly experimentId: string }>(rows: readonly Row[]) =>
    rows.filter((row) => row.experimentId === experimentId).map(({ experimentId: _, ...row }) => row);
  return {
    eventQuality: {
      purchases: mergedPurchases(own(found.flatMap((bucket) => bucket.purchases))),
      byAssignment: mergedAssignment(
        own(found.flatMap((bucket) => bucket.byAssignment))
          .filter(({ day }) => day >= firstDay)
          .map(({ day: _, ...row }) => row),
      ),
      spellings: mergedSpellings(own(found.flatMap((bucket) => bucket.spellings))),
    },
  };
}

function mergedPurchases(rows: readonly ArmPurchases[]): EventQuality['purchases'] {
  return merged(
    rows,
    ({ variant }) => variant,
    (a, b) => ({
      variant: a.variant,
      buyers: a.buyers + b.buyers,
      purchases: (a.purchases ?? 0) + (b.purchases ?? 0),
      withoutAmount: (a.withoutAmount ?? 0) + (b.withoutAmount ?? 0),
      repeatedInOrder: a.repeatedInOrder + b.repeatedInOrder,
      repeatedAtMoment: a.repeatedAtMoment + b.repeatedAtMoment,
      severalProducts: a.severalProducts + b.severalProducts,
      oneAmount: a.oneAmount + b.oneAmount,
    }),
  );
}

function mergedAssignment(rows: EventQuality['byAssignment']): EventQuality['byAssignment'] {
  return merged(
    rows,
    ({ event }) => event,
    (a, b) => ({
      event: a.event,
      events: a.events + b.events,
      unassigned: a.unassigned + b.unassigned,
    }),
  );
}

function mergedSpellings(rows: EventQuality['spellings']): EventQuality['spellings'] {
  return merged(
    rows,
    ({ variant, event }) => JSON.stringify([variant, event]),
    (a, b) => ({ variant: a.variant, event: a.event, events: a.events + b.events }),
  );
}

/** Rows of one key added up, in the order of the keys. */
function merged<Row>(rows: readonly Row[], keyOf: (row: Row) => string, add: (a: Row, b: Row) => Row): Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const before = sums.get(keyOf(row));
    sums.set(keyOf(row), before === undefined ? row : add(before, row));
  }
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

import { decidingNames } from '../../experiment/config.ts';
import type { MartsConfig } from '../../experiment/config-slices.ts';
import { similarLabel } from '../../experiment/similar-labels.ts';
import { cell, type Database } from '../../platform/duckdb.ts';
import { literal, literalList, renderSql } from '../../platform/sql.ts';
import type { MartsResult } from '../../runs/documents.ts';
import eventQualitySql from './event-quality.sql';

/** What the events of each arm tell of how they were logged. To be called once `exposed` is there. */
export async function eventQuality(
  db: Database,
  config: MartsConfig,
  as_of: string,
): Promise<NonNullable<MartsResult['eventQuality']>> {
  await db.run(renderSql(eventQualitySql, { purchase: literal(config.events.purchase), as_of }));
  return {
    purchases: await purchases(db),
    byAssignment: await byAssignment(db, config, as_of),
    spellings: await spellings(db, config, as_of),
  };
}

/**
 * Buyers by arm, and those with a purchase that is there again: of the same user, order (or moment, without one), product and
 * amount. Of the orders of several products, those whose every row has the same amount.
 */
async function purchases(db: Database): Promise<NonNullable<MartsResult['eventQuality']>['purchases']> {
  const users = await db.select(
    `SELECT experiment_id AS "experimentId", variant, count(*) AS buyers, sum(purchases) AS purchases, sum(without_amount) AS "withoutAmount",
       count(*) FILTER (in_order) AS "repeatedInOrder", count(*) FILTER (at_moment) AS "repeatedAtMoment"
     FROM (
       SELECT experiment_id, variant, user_id, sum("rows") AS purchases,
         coalesce(sum("rows") FILTER (revenue IS NULL), 0) AS without_amount,
         coalesce(bool_or("rows" > 1 AND revenue IS NOT NULL AND order_id IS NOT NULL), false) AS in_order,
         coalesce(bool_or("rows" > 1 AND revenue IS NOT NULL AND order_id IS NULL), false) AS at_moment
       FROM counted_purchases GROUP BY ALL
     )
     GROUP BY ALL ORDER BY ALL`,
    {
      experimentId: cell.text,
      variant: cell.text,
      buyers: cell.count,
      purchases: cell.count,
      withoutAmount: cell.count,
      repeatedInOrder: cell.count,
      repeatedAtMoment: cell.count,
    },
  );
  const orders = await db.select(
    `SELECT experiment_id AS "experimentId", variant, count(*) AS orders, count(*) FILTER (amounts = 1) AS alike
     FROM (
       SELECT experiment_id, variant, user_id, order_id, count(DISTINCT revenue) AS amounts
       FROM counted_purchases
       WHERE order_id IS NOT NULL AND revenue > 0
       GROUP BY ALL HAVING count(DISTINCT product_id) > 1
     )
     GROUP BY ALL`,
    { experimentId: cell.text, variant: cell.text, orders: cell.count, alike: cell.count },
  );
  return users.map((arm) => {
    const own = orders.find((o) => o.experimentId === arm.experimentId && o.variant === arm.variant);
    return { ...arm, severalProducts: own?.orders ?? 0, oneAmount: own?.alike ?? 0 };
  });
}

/** Exposure events and purchases of each experiment by day, and those of users whom it has not assigned. */
async function byAssignment(
  db: Database,
  { events }: Pick<MartsConfig, 'events'>,
  as_of: string,
): Promise<NonNullable<MartsResult['eventQuality']>['byAssignment']> {
  return db.select(
    `WITH decisive AS (
       SELECT DISTINCT experiment_id,
         unnest([coalesce(exposure_event, ${literal(events.exposure)}), ${literal(events.purchase)}]) AS event_name
       FROM settings
     )
     SELECT d.experiment_id AS "experimentId", e.event_ts::DATE::VARCHAR AS "day", d.event_name AS event,
       count(*) AS events, count(*) FILTER (a.user_id IS NULL) AS unassigned
     FROM decisive d
     JOIN events e ON e.event_name = d.event_name
     LEFT JOIN assigned a ON a.experiment_id = d.experiment_id AND a.user_id = e.user_id
     WHERE e.event_ts < ${as_of}
     GROUP BY d.experiment_id, e.event_ts::DATE, d.event_name ORDER BY ALL`,
    {
      experimentId: cell.text,
      day: cell.text,
      event: cell.text,
      events: cell.count,
      unassigned: cell.count,
    },
  );
}

/** Where events have a name that is much like one that decides: events of both by arm, from the assignment on. */
async function spellings(
  db: Database,
  config: MartsConfig,
  as_of: string,
): Promise<NonNullable<MartsResult['eventQuality']>['spellings']> {
  const decisive = decidingNames(config);
  const names = (
    await db.query<{ name: string }>('SELECT DISTINCT event_name AS name FROM events ORDER BY name')
  ).map(({ name }) => name);
  const similar = names.flatMap((name) => {
    const like = decisive.includes(name) ? undefined : similarLabel(name, decisive);
    return like === undefined ? [] : [{ name, like }];
  });
  if (similar.length === 0) return [];
  const asked = [...new Set(similar.flatMap(({ name, like }) => [name, like]))];
  return db.select(
    `SELECT a.experiment_id AS "experimentId", a.variant, e.event_name AS event, count(*) AS events
     FROM assigned a JOIN events e ON e.user_id = a.user_id
     WHERE a.excluded IS NULL AND e.event_name IN (FROM unnest(${literalList(asked)}))
       AND e.event_ts >= a.assigned_at AND e.event_ts < ${as_of}
     GROUP BY ALL ORDER BY ALL`,
    { experimentId: cell.text, variant: cell.text, event: cell.text, events: cell.count },
  );
}

-- What the pipeline's numbers come to without a check of any kind: types as DuckDB guesses them, the first exposure at or
-- after the assignment, outcomes of 14 days, sums by arm.
WITH
  events AS (FROM {{events}}),
  assigned AS (
    SELECT user_id, any_value(variant) AS variant, min(assigned_ts) AS assigned_ts
    FROM {{assignments}} GROUP BY user_id
  ),
  exposed AS (
    SELECT a.user_id, any_value(a.variant) AS variant, min(e.event_ts) AS exposed_at
    FROM assigned a JOIN events e ON e.user_id = a.user_id
    WHERE e.event_type = 'view_product' AND e.event_ts >= a.assigned_ts
    GROUP BY a.user_id
  ),
  outcomes AS (
    SELECT x.user_id, any_value(x.variant) AS variant, count(*) AS events,
      count(*) FILTER (e.event_type = 'purchase') > 0 AS purchased,
      coalesce(sum(e.revenue), 0) AS revenue
    FROM exposed x JOIN events e ON e.user_id = x.user_id
    WHERE e.event_ts >= x.exposed_at AND e.event_ts < x.exposed_at + INTERVAL 14 DAY
    GROUP BY x.user_id
  )
SELECT variant, count(*)::INTEGER AS users, sum(purchased::INTEGER)::INTEGER AS purchasers, sum(events)::BIGINT AS events,
  (100 * sum(revenue))::BIGINT AS cents
FROM outcomes GROUP BY variant ORDER BY variant;

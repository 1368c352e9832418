-- Days are counted from the exposure: day k is the 24 hours from exposed_at + k days on, day -k those that end k - 1
-- days before the experiment. What lies between assignment and exposure belongs to neither, and is on no day.
CREATE MACRO day_of(moment, exposed_at, before) AS CAST(CASE
  WHEN moment >= exposed_at THEN (epoch_us(moment) - epoch_us(exposed_at)) // 86400000000
  WHEN moment < before THEN (epoch_us(moment) - epoch_us(before) + 1) // 86400000000 - 1
END AS INTEGER);

-- What each user did on each day. `further`: events of the exposure's session after it.
CREATE TABLE daily AS
SELECT exposed_row, "day",
  sum(revenue) FILTER (event_name = {{purchase}}) AS purchase_value,
  count(*) FILTER (event_name = {{purchase}} AND order_id IS NULL) AS unnamed_orders,
  count(*) FILTER (
    session_id = exposure_session AND (event_ts > exposed_at OR event_ts = exposed_at AND event_id > exposure_event)
  ) AS further,
  {{daily_sums}}
FROM (
  SELECT x.rowid AS exposed_row, day_of(e.event_ts, x.exposed_at, x.before) AS "day",
    x.exposed_at, x.exposure_session, x.exposure_event, e.*
  FROM exposed x
  JOIN events e ON e.user_id = x.user_id
  WHERE e.event_ts < {{as_of}}
    AND e.event_ts >= x.looked_at_from AND e.event_ts < x.looked_at_to
)
WHERE "day" IS NOT NULL
GROUP BY exposed_row, "day";

CREATE TABLE activity AS
SELECT d.exposed_row,
  sum(d.purchase_value) FILTER (d.in_window) AS purchase_value,
  sum(d.unnamed_orders) FILTER (d.in_window) AS unnamed_orders,
  sum(d.further) FILTER (d.in_window) AS further,
  {{event_columns}}
FROM (
  SELECT d.*, d."day" >= 0 AND d."day" < x.window_days AS in_window,
    d."day" < 0 AND d."day" >= -x.lookback_days AS in_lookback
  FROM daily d
  JOIN exposed x ON x.rowid = d.exposed_row
) d
GROUP BY d.exposed_row;

-- Orders with an id, those before the exposure apart from those in the window.
CREATE TABLE named_orders AS
SELECT exposed_row, order_id, "day" >= 0 AS in_window, max("day") AS "day"
FROM (
  SELECT x.rowid AS exposed_row, e.order_id, day_of(e.event_ts, x.exposed_at, x.before) AS "day", x.window_days
  FROM exposed x
  JOIN events e ON e.user_id = x.user_id
  WHERE e.event_name = {{purchase}} AND e.order_id IS NOT NULL
    AND e.event_ts < {{as_of}}
    AND e.event_ts >= x.looked_at_from AND e.event_ts < x.window_end
)
WHERE "day" IS NOT NULL
GROUP BY exposed_row, order_id, "day" >= 0;

CREATE TABLE orders AS
SELECT o.exposed_row, count(*) FILTER (o.in_window) AS orders{{order_covariates}}
FROM (
  SELECT o.*, o."day" < 0 AND o."day" >= -x.lookback_days AS in_lookback
  FROM named_orders o
  JOIN exposed x ON x.rowid = o.exposed_row
) o
GROUP BY o.exposed_row;

-- Refunds in the window. One that names an order counts as a refunded order where that was bought in the window too.
CREATE TABLE refunds AS
SELECT exposed_row, sum(refunded_orders) AS refunded_orders
FROM (
  SELECT x.rowid AS exposed_row,
    CASE WHEN e.order_id IS NULL THEN count(*) WHEN bool_or(o.order_id IS NOT NULL) THEN 1 ELSE 0 END AS refunded_orders
  FROM exposed x
  JOIN events e ON e.user_id = x.user_id
  LEFT JOIN named_orders o ON o.exposed_row = x.rowid AND o.order_id = e.order_id AND o.in_window
  WHERE e.event_name = {{refund}}
    AND e.event_ts >= x.exposed_at AND e.event_ts < x.window_end AND e.event_ts < {{as_of}}
  GROUP BY x.rowid, e.order_id
)
GROUP BY exposed_row;

-- Sessions whose end is known, cut at the end of the window, or of the time before the experiment.
CREATE VIEW session_times AS
SELECT exposed_row, "day", "day" < 0 AND "day" >= -lookback_days AS in_lookback,
  (epoch_us(least(session_end_ts, CASE WHEN "day" >= 0 THEN window_end ELSE before END))
    - epoch_us(session_start_ts)) // 1000 AS ms
FROM (
  SELECT x.rowid AS exposed_row, day_of(s.session_start_ts, x.exposed_at, x.before) AS "day",
    x.window_end, x.before, x.lookback_days, s.session_start_ts, s.session_end_ts
  FROM exposed x
  JOIN sessions s ON s.user_id = x.user_id
  WHERE s.session_start_ts >= x.looked_at_from AND s.session_start_ts < x.window_end
    AND s.session_start_ts < {{as_of}}
    AND s.session_end_ts >= s.session_start_ts
)
WHERE "day" IS NOT NULL;

CREATE TABLE visits AS
SELECT t.exposed_row,
  count(*) FILTER (t."day" >= 0) AS sessions,
  sum(t.ms) FILTER (t."day" >= 0) AS session_ms{{session_covariates}}
FROM session_times t
GROUP BY t.exposed_row;

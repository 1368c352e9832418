-- The window is half-open and holds the exposure event; retention may look beyond it.
CREATE TABLE activity AS
SELECT x.experiment_id, x.user_id,
  count(*) FILTER (e.event_ts < x.window_end) AS events_in_window,
  count(*) FILTER (e.event_ts < x.window_end AND e.event_name = {{purchase}}) > 0 AS purchased,
  count(*) FILTER (e.event_ts < x.window_end AND e.event_name = {{add_to_cart}}) > 0 AS added_to_cart,
  count(*) FILTER (e.event_ts < x.window_end AND e.event_name = {{begin_checkout}}) > 0 AS began_checkout,
  sum(e.revenue) FILTER (e.event_ts < x.window_end AND e.event_name = {{purchase}}) AS purchase_value,
  count(*) FILTER (e.event_ts < x.window_end AND e.event_name = {{purchase}} AND e.order_id IS NULL) AS unnamed_orders,
  count(*) FILTER (
    e.session_id = x.exposure_session AND (e.event_ts > x.exposed_at OR e.event_id > x.exposure_event)
  ) AS further_events,
  count(*) FILTER (
    e.event_ts >= x.exposed_at + INTERVAL 7 DAY AND e.event_ts < x.exposed_at + INTERVAL 8 DAY
  ) > 0 AS retained_d7
FROM exposed x
JOIN events e ON e.user_id = x.user_id
WHERE e.event_ts >= x.exposed_at
  AND e.event_ts < greatest(x.window_end, x.exposed_at + INTERVAL 8 DAY)
  AND e.event_ts < {{as_of}}
GROUP BY x.experiment_id, x.user_id;

-- Orders with an id that were bought in the window.
CREATE TABLE named_orders AS
SELECT DISTINCT x.experiment_id, x.user_id, e.order_id
FROM exposed x
JOIN events e ON e.user_id = x.user_id
WHERE e.event_name = {{purchase}} AND e.order_id IS NOT NULL
  AND e.event_ts >= x.exposed_at AND e.event_ts < x.window_end AND e.event_ts < {{as_of}};

-- Refunds in the window. One that names an order counts as a refunded order where that was bought in the window too.
CREATE TABLE refunds AS
SELECT experiment_id, user_id, sum(amount) AS refunds, sum(refunded_orders) AS refunded_orders
FROM (
  SELECT x.experiment_id, x.user_id, sum(abs(e.revenue)) AS amount,
    CASE WHEN e.order_id IS NULL THEN count(*) WHEN bool_or(o.order_id IS NOT NULL) THEN 1 ELSE 0 END AS refunded_orders
  FROM exposed x
  JOIN events e ON e.user_id = x.user_id
  LEFT JOIN named_orders o
    ON o.experiment_id = x.experiment_id AND o.user_id = x.user_id AND o.order_id = e.order_id
  WHERE e.event_name = {{refund}}
    AND e.event_ts >= x.exposed_at AND e.event_ts < x.window_end AND e.event_ts < {{as_of}}
  GROUP BY x.experiment_id, x.user_id, e.order_id
)
GROUP BY experiment_id, user_id;

-- Sessions that start in the window and whose end is known, cut at the window's end.
CREATE TABLE session_times AS
SELECT x.experiment_id, x.user_id, count(*) AS sessions,
  sum((epoch_us(least(s.session_end_ts, x.window_end)) - epoch_us(s.session_start_ts)) // 1000) AS session_ms
FROM exposed x
JOIN sessions s ON s.user_id = x.user_id
WHERE s.session_start_ts >= x.exposed_at AND s.session_start_ts < x.window_end
  AND s.session_start_ts < {{as_of}}
  AND s.session_end_ts >= s.session_start_ts
GROUP BY x.experiment_id, x.user_id;

-- Purchases in the windows of exposed users, by order and product. `amounts`: different ones of the order.
CREATE TABLE counted_purchases AS
SELECT x.experiment_id, x.variant, e.user_id, e.order_id, e.product_id, e.revenue,
  CASE WHEN e.order_id IS NULL THEN date_trunc('second', e.event_ts) END AS moment, count(*) AS "rows"
FROM exposed x
JOIN events e ON e.user_id = x.user_id
WHERE e.event_name = {{purchase}} AND e.event_ts >= x.exposed_at AND e.event_ts < x.window_end AND e.event_ts < {{as_of}}
GROUP BY ALL;

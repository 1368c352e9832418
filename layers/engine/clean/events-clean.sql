SELECT e.event_id, e.session_id, e._user AS user_id, e._name AS event_name, e.event_ts, e.product_id, e.quantity,
  e.revenue, e.order_id, upper(trim(e.currency)) AS currency,
  e._name = {{purchase}} AS is_purchase,
  CAST(
    CASE e._name
      WHEN {{purchase}} THEN coalesce(e.revenue, 0)
      WHEN {{refund}} THEN -abs(coalesce(e.revenue, 0))
      ELSE 0
    END AS DECIMAL(18,2)
  ) AS net_revenue,
  CAST(e.event_ts AS DATE) AS dt
FROM accepted_events e
{{order}}

COPY (
  SELECT x.experiment_id, x.user_id, x.variant, x.exposed_at, x.window_end,
    x.window_end <= {{as_of}} AS is_mature,
    CAST(coalesce(a.purchased, false) AS INTEGER) AS purchased,
    CAST(coalesce(a.added_to_cart, false) AS INTEGER) AS added_to_cart,
    CAST(coalesce(a.began_checkout, false) AS INTEGER) AS began_checkout,
    coalesce(o.orders, 0) + coalesce(a.unnamed_orders, 0) AS orders,
    CAST(coalesce(r.refunded_orders, 0) AS BIGINT) AS refunded_orders,
    CAST(coalesce(a.purchase_value, 0) AS DECIMAL(18,2)) AS purchase_value,
    CAST(coalesce(r.refunds, 0) AS DECIMAL(18,2)) AS refunds,
    CAST(coalesce(a.purchase_value, 0) - coalesce(r.refunds, 0) AS DECIMAL(18,2)) AS revenue,
    coalesce(a.events_in_window, 0) AS events_in_window,
    CAST(x.exposure_session IS NOT NULL AS INTEGER) AS exposure_sessions,
    CAST(x.exposure_session IS NOT NULL AND a.further_events = 0 AS INTEGER) AS bounced_sessions,
    coalesce(t.sessions, 0) AS sessions,
    CAST(coalesce(t.session_ms, 0) AS BIGINT) AS session_ms,
    CAST(coalesce(a.retained_d7, false) AS INTEGER) AS retained_d7
  FROM exposed x
  LEFT JOIN activity a ON a.experiment_id = x.experiment_id AND a.user_id = x.user_id
  LEFT JOIN (
    SELECT experiment_id, user_id, count(*) AS orders FROM named_orders
    GROUP BY experiment_id, user_id
  ) o ON o.experiment_id = x.experiment_id AND o.user_id = x.user_id
  LEFT JOIN refunds r ON r.experiment_id = x.experiment_id AND r.user_id = x.user_id
  LEFT JOIN session_times t ON t.experiment_id = x.experiment_id AND t.user_id = x.user_id
  ORDER BY x.experiment_id, x.user_id
) TO {{file}} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)

-- The columns that the drop has no data for are NULL.
COPY (
  SELECT *{{unmeasured}}
  FROM (
    SELECT x.experiment_id, x.user_id, x.variant, x.exposed_at, x.window_end, x.is_mature,
      CAST(coalesce(a.purchased, 0) AS INTEGER) AS purchased,
      CAST(coalesce(a.added_to_cart, 0) AS INTEGER) AS added_to_cart,
      CAST(coalesce(a.began_checkout, 0) AS INTEGER) AS began_checkout,
      CAST(coalesce(o.orders, 0) + coalesce(a.unnamed_orders, 0) AS BIGINT) AS orders,
      CAST(coalesce(r.refunded_orders, 0) AS BIGINT) AS refunded_orders,
      CAST(coalesce(a.purchase_value, 0) AS DECIMAL(18,2)) AS purchase_value,
      CAST(coalesce(a.purchase_value, 0) - coalesce(a.revenue, 0) AS DECIMAL(18,2)) AS refunds,
      CAST(coalesce(a.revenue, 0) AS DECIMAL(18,2)) AS revenue,
      CAST(coalesce(a.events_in_window, 0) AS BIGINT) AS events_in_window,
      CAST(x.exposure_session IS NOT NULL AS INTEGER) AS exposure_sessions,
      CAST(x.exposure_session IS NOT NULL AND a.further = 0 AS INTEGER) AS bounced_sessions,
      coalesce(v.sessions, 0) AS sessions,
      CAST(coalesce(v.session_ms, 0) AS BIGINT) AS session_ms,
      CAST(coalesce(a.retained_d7, 0) AS INTEGER) AS retained_d7{{other_columns}}
    FROM exposed x
    LEFT JOIN activity a ON a.exposed_row = x.rowid
    LEFT JOIN orders o ON o.exposed_row = x.rowid
    LEFT JOIN refunds r ON r.exposed_row = x.rowid
    LEFT JOIN visits v ON v.exposed_row = x.rowid
  )
  ORDER BY experiment_id, user_id
) TO {{file}} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)

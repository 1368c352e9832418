-- The columns that the drop has no data for are NULL.
COPY (
  SELECT *{{unmeasured}}
  FROM (
    SELECT x.experiment_id, x.user_id, x.variant, x.exposed_at, x.window_end, x.is_mature,
      CAST(coalesce(o.orders, 0) + coalesce(a.unnamed_orders, 0) AS BIGINT) AS orders,
      CAST(coalesce(r.refunded_orders, 0) AS BIGINT) AS refunded_orders,
      CAST(coalesce(a.purchase_value, 0) AS DECIMAL(18,2)) AS purchase_value,
      CAST(coalesce(a.purchase_value, 0) - coalesce(a.revenue, 0) AS DECIMAL(18,2)) AS refunds,
      CAST(x.exposure_session IS NOT NULL AS INTEGER) AS exposure_sessions,
      CAST(x.exposure_session IS NOT NULL AND a.further = 0 AS INTEGER) AS bounced_sessions,
      coalesce(v.sessions, 0) AS sessions,
      CAST(coalesce(v.session_ms, 0) AS BIGINT) AS session_ms,
      {{metric_columns}}
    FROM exposed x
    LEFT JOIN activity a ON a.exposed_row = x.rowid
    LEFT JOIN orders o ON o.exposed_row = x.rowid
    LEFT JOIN refunds r ON r.exposed_row = x.rowid
    LEFT JOIN visits v ON v.exposed_row = x.rowid
  )
  ORDER BY experiment_id, user_id
) TO {{file}} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)

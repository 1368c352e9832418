COPY (
  SELECT x.experiment_id, x.user_id, x.variant, x.assigned_at, x.exposed_at{{segments}}
  FROM exposed x
  LEFT JOIN users u ON u.user_id = x.user_id
  LEFT JOIN first_devices d ON d.user_id = x.user_id
  ORDER BY x.experiment_id, x.user_id
) TO {{file}} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)

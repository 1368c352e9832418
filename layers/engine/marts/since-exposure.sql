-- By arm and day since exposure: what the analysed users did who were observed for the whole of it.
COPY (
  WITH observed AS (
    SELECT x.rowid AS exposed_row, x.experiment_id, x.variant,
      (epoch_us(least({{as_of}}, x.window_end)) - epoch_us(x.exposed_at)) // 86400000000 AS days
    FROM exposed x
    JOIN settings s ON s.experiment_id = x.experiment_id
    WHERE s.includes_immature OR x.is_mature
  ),
  lengths AS (
    SELECT experiment_id, variant, days, count(*) AS users FROM observed GROUP BY experiment_id, variant, days
  ),
  user_counts AS (
    SELECT l.experiment_id, l.variant, k."day", sum(l.users) AS users
    FROM lengths l
    JOIN (SELECT unnest(range((SELECT max(days) FROM lengths))) AS "day") k ON k."day" < l.days
    GROUP BY ALL
  ),
  sums AS (
    SELECT o.experiment_id, o.variant, d."day", {{sums}}
    FROM daily d
    JOIN observed o ON o.exposed_row = d.exposed_row
    WHERE d."day" >= 0 AND d."day" < o.days
    GROUP BY ALL
  )
  SELECT u.experiment_id, u.variant, u."day", CAST(u.users AS BIGINT) AS users, s.* EXCLUDE (experiment_id, variant, "day")
  FROM user_counts u
  LEFT JOIN sums s ON s.experiment_id = u.experiment_id AND s.variant = u.variant AND s."day" = u."day"
  ORDER BY u.experiment_id, u.variant, u."day"
) TO {{file}} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)

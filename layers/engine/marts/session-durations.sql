-- Every session in the window of an analysed user, where a metric ranks them.
COPY (
  SELECT x.experiment_id, x.variant, x.user_id, t.ms
  FROM session_times t
  JOIN exposed x ON x.rowid = t.exposed_row
  JOIN settings s ON s.experiment_id = x.experiment_id
  WHERE {{any_ranked}} AND s.ranks_sessions AND t."day" >= 0 AND (s.includes_immature OR x.is_mature)
) TO {{file}} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)

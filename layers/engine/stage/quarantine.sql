COPY (
  SELECT
    {{source_key}} AS source_key,
    {{source_version}}::VARCHAR AS source_version,
    line,
    {{dataset}} AS dataset,
    "column",
    rule,
    reason,
    raw
  FROM read_parquet({{faults}})
) TO {{target}} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2);

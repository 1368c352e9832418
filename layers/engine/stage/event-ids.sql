-- The ids of the accepted events of users, with the bucket and the line of each: what the other buckets know of them.
COPY (
  SELECT event_id, {{line}} AS _line, _bucket
  FROM read_parquet({{source}}, file_row_number = true)
  WHERE _cells IS NULL AND _bucket IS NOT NULL AND hash(event_id) % {{every}} = 0
) TO {{target}} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2);

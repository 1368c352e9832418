-- The rows that kept every rule, in file order, of one user bucket.
COPY (
  SELECT {{staged}}, {{line}} AS _line, _notes
  FROM read_parquet({{source}}, file_row_number = true)
  WHERE _cells IS NULL AND {{in_bucket}}
) TO {{target}} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2);

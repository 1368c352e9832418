-- One scan of a CSV file: typed columns in file order; the cells of a row that breaks a rule stay beside it,
-- and so does what there is to note of how a row was read.
-- Read once and thrown away: to compress it, and to look for texts that occur again, takes more than it spares.
COPY (
  WITH
    records AS (
      SELECT {{cells}}
      FROM read_csv(
        {{file}},
        columns = {{columns}},
        header = {{header}},
        auto_detect = false,
        delim = {{delimiter}},
        quote = '"',
        escape = '"',
        nullstr = '',
        {{new_line}}
        ignore_errors = true,
        parallel = {{parallel}}
      )
    ),
    typed AS (SELECT *, {{values}} FROM records)
  SELECT
    {{staged}},
    {{line}} AS _line,
    {{bucket}} AS _bucket,
    {{notes}} AS _notes,
    CASE WHEN {{broken}} THEN {{cell_list}} END AS _cells
  FROM typed
) TO {{target}} (FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1, PARQUET_VERSION v2);

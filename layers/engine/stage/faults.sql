-- Every record that was not accepted, with the first rule it broke and what is wrong with it.
COPY (
WITH
  records AS (
    SELECT {{line}} AS line, {{cells}}
    FROM read_parquet({{source}}, file_row_number = true)
    WHERE _cells IS NOT NULL
  ),
  typed AS (SELECT *, {{texts}}, {{values}} FROM records),
  judged AS (SELECT *, {{first_fault}} AS fault, CASE WHEN {{is_header}} THEN 'the names of the columns once more' ELSE {{reasons}} END AS reason FROM typed)
SELECT
  line,
  {{event}} AS event,
  fault."column" AS "column",
  fault.rule AS rule,
  reason,
  fault.value AS value,
  array_to_string(
    list_transform(
      {{shown_cells}},
      lambda cell: CASE
        WHEN regexp_matches(cell, '[",\r\n]') THEN '"' || replace(cell, '"', '""') || '"'
        ELSE coalesce(cell, '')
      END
    ),
    ','
  ) AS raw
FROM judged
UNION ALL BY NAME
SELECT line, NULL::VARCHAR AS event, NULL::VARCHAR AS "column", rule, reason, left({{shown_reject}}, 100) AS value, {{shown_reject}} AS raw
FROM read_csv(
  {{rejects}},
  columns = {line: 'BIGINT', rule: 'VARCHAR', reason: 'VARCHAR', raw: 'VARCHAR'},
  header = false,
  auto_detect = false,
  delim = ',',
  quote = '"',
  escape = '"',
  new_line = '\n',
  parallel = false
)
) TO {{target}} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2);

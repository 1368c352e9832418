COPY (
  SELECT f.key AS source_key, f.version AS source_version,
    {{line}} AS line, {{part}} AS part, q.dataset, q."column", q.rule, q.reason, CAST(q.raw AS VARCHAR) AS raw
  FROM (
    SELECT {{dataset_name}} AS dataset, _row, CAST(NULL AS VARCHAR) AS "column", 'conflict' AS rule,
      'the same ' || {{key_name}} || ' with other content in line ' || {{other_line}}
        || ' of ' || other.name AS reason,
      to_json({{content}}) AS raw
    FROM (FROM own_{{dataset}} JOIN {{dataset}}_dropped USING (_row) WHERE _rule = 'conflict')
    JOIN raw_files other ON other.dataset = {{dataset_name}} AND other.part = {{other_part}}
    UNION ALL
    SELECT {{dataset_name}}, _row, {{column}}, {{rule}}, {{reason}}, to_json({{content}})
    FROM judged_{{dataset}}
    WHERE {{broken}}
  ) q
  JOIN raw_files f ON f.dataset = q.dataset AND f.part = {{part}}
  ORDER BY q._row
) TO {{file}} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2)

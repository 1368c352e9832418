COPY (
  SELECT f.key AS source_key, f.version AS source_version,
    q._row & ((1::BIGINT << 40) - 1) AS line, q._row >> 40 AS part, q.dataset, q."column", q.rule, q.reason, CAST(q.raw AS VARCHAR) AS raw
  FROM (
    SELECT {{dataset_name}} AS dataset, _row, CAST(NULL AS VARCHAR) AS "column", 'conflict' AS rule,
      'the same ' || {{key_name}} || ' with other content in line ' || (_other_row & ((1::BIGINT << 40) - 1))
        || ' of ' || other.name AS reason,
      to_json({{content}}) AS raw
    FROM (FROM own_{{dataset}} JOIN {{dataset}}_dropped USING (_row) WHERE _rule = 'conflict')
    JOIN raw_files other ON other.dataset = {{dataset_name}} AND other.part = _other_row >> 40
    UNION ALL
    SELECT {{dataset_name}}, _row, {{column}}, {{rule}}, {{reason}}, to_json({{content}})
    FROM judged_{{dataset}}
    WHERE {{broken}}
  ) q
  JOIN raw_files f ON f.dataset = q.dataset AND f.part = q._row >> 40
  ORDER BY q._row
) TO {{file}} (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2)

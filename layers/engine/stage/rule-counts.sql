SELECT
  "column",
  rule,
  count(*)::INTEGER AS "rows",
  arg_min({line: line::DOUBLE, value: coalesce(value, '')}, line, 3) AS examples
FROM read_parquet({{faults}})
GROUP BY ALL
ORDER BY "rows" DESC, "column" NULLS FIRST, rule;

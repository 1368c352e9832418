-- Exposed users of each arm, and of each arm at each level, analysed or not.
SELECT experiment_id AS "experimentId", {{levels}}, variant{{within}}, GROUPING({{levels}}) AS "grouping",
  count(*) AS exposed,
  count(*) FILTER (NOT is_mature) AS immature
FROM users
WHERE {{which}}
GROUP BY GROUPING SETS ({{sets}})
ORDER BY experiment_id, {{levels}}, variant

-- Exact sums over the analysed users of each arm, and of each arm at each level: integers of any size, so that no
-- partition of the users can change them. All splits are one scan; `grouping` tells which of them a row is of.
SELECT experiment_id AS "experimentId", {{levels}}, variant{{within}}, GROUPING({{levels}}) AS "grouping",
  count(*) AS users,
  {{sums}}
FROM (SELECT experiment_id, variant, {{levels}}{{within}}, {{columns}} FROM users WHERE analysed AND {{which}}) u
GROUP BY GROUPING SETS ({{sets}})
ORDER BY experiment_id, {{levels}}, variant

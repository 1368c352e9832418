-- Exact sums per experiment, level and arm: integers of any size, so that no partition of the users can change them.
WITH integers AS (
  SELECT o.experiment_id, o.variant, {{level}} AS "level",
    o.is_mature OR NOT list_contains({{without_immature}}, o.experiment_id) AS analysed,
    o.is_mature, {{integers}}
  FROM outcomes o {{segment_join}}
),
ranked AS (
  SELECT experiment_id, "level",
    row_number() OVER (PARTITION BY experiment_id ORDER BY count(*) DESC, "level") AS "rank"
  FROM integers GROUP BY experiment_id, "level"
)
SELECT i.experiment_id AS "experimentId",
  CASE WHEN r."rank" <= {{levels}} THEN i."level" ELSE '(other)' END AS "level",
  i.variant,
  count(*) AS exposed,
  count(*) FILTER (i.analysed) AS users,
  count(*) FILTER (NOT i.is_mature) AS immature,
  {{sums}}
FROM integers i
JOIN ranked r ON r.experiment_id = i.experiment_id AND r."level" = i."level"
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3

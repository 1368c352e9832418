-- Exact sums per experiment, level and arm: integers of any size, so that no partition of the users can change them.
WITH levels AS (
  SELECT experiment_id, {{level}} AS "level",
    row_number() OVER (PARTITION BY experiment_id ORDER BY count(*) DESC, {{level}}) AS "rank"
  FROM users GROUP BY experiment_id, {{level}}
)
SELECT u.experiment_id AS "experimentId",
  CASE WHEN r."rank" <= {{levels}} THEN r."level" ELSE '(other)' END AS "level",
  u.variant,
  count(*) AS exposed,
  count(*) FILTER (u.analysed) AS users,
  count(*) FILTER (NOT u.is_mature) AS immature,
  {{sums}}
FROM (SELECT experiment_id, variant, analysed, is_mature, {{level}} AS "level", {{columns}} FROM users) u
JOIN levels r ON r.experiment_id = u.experiment_id AND r."level" = u."level"
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3

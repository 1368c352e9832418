-- The way from assigned to analysed users, one row per experiment and step.
WITH steps AS (
  SELECT experiment_id, 'assigned' AS step, sum(assignments) AS "rows", count(*) AS users
  FROM assigned GROUP BY ALL
  UNION ALL
  SELECT experiment_id, excluded, sum(assignments), count(*)
  FROM assigned WHERE excluded IS NOT NULL GROUP BY ALL
  UNION ALL
  SELECT a.experiment_id, CASE WHEN m.user_id IS NULL THEN 'not_exposed' ELSE 'exposed_before_assignment' END,
    sum(a.assignments), count(*)
  FROM assigned a
  ANTI JOIN exposed x ON x.experiment_id = a.experiment_id AND x.user_id = a.user_id
  LEFT JOIN exposure_moments m ON m.experiment_id = a.experiment_id AND m.user_id = a.user_id
  WHERE a.excluded IS NULL GROUP BY ALL
  UNION ALL
  SELECT experiment_id, 'exposed', count(*), count(*) FROM exposed GROUP BY ALL
  UNION ALL
  SELECT experiment_id, 'immature', count(*), count(*)
  FROM exposed WHERE NOT is_mature GROUP BY ALL
  UNION ALL
  SELECT x.experiment_id, 'analysed', count(*), count(*)
  FROM exposed x JOIN settings s ON s.experiment_id = x.experiment_id
  WHERE s.includes_immature OR x.is_mature GROUP BY ALL
)
SELECT s.experiment_id AS "experimentId", p.step, coalesce(n."rows", 0) AS "rows", coalesce(n.users, 0) AS users
FROM settings s
CROSS JOIN unnest({{steps}}) WITH ORDINALITY AS p(step, position)
LEFT JOIN steps n ON n.experiment_id = s.experiment_id AND n.step = p.step
ORDER BY s.experiment_id, p.position

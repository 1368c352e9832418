-- The users of all but the largest levels of a segment are of one level.
UPDATE users SET {{column}} = '(other)'
FROM (
  SELECT experiment_id, {{column}} AS "level" FROM users GROUP BY experiment_id, {{column}}
  QUALIFY row_number() OVER (PARTITION BY experiment_id ORDER BY count(*) DESC, {{column}}) > {{levels}}
) rare
WHERE users.experiment_id = rare.experiment_id AND users.{{column}} = rare."level";

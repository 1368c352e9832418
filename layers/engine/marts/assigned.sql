-- One row per assigned user and experiment. `excluded` says why a user is not analysed. A repeated assignment to the
-- same variant keeps the earliest.
CREATE TABLE assigned AS
SELECT a.*,
  CASE
    WHEN a.variant <> a.last_variant THEN 'crossovers'
    WHEN NOT list_contains(s.variants, a.variant) THEN 'unknown_variant'
    WHEN x.user_id IS NOT NULL THEN 'excluded_users'
  END AS excluded
FROM (
  SELECT experiment_id, user_id, min(variant) AS variant, max(variant) AS last_variant,
    min(assigned_ts) AS assigned_at, count(*) AS assignments
  FROM assignments
  WHERE assigned_ts < {{as_of}}
  GROUP BY experiment_id, user_id
) a
JOIN settings s ON s.experiment_id = a.experiment_id
LEFT JOIN excluded_users x ON x.user_id = a.user_id;

-- The variant a crossover was assigned to first. Of simultaneous ones none is: they are `tied`, and stand under the first name.
CREATE TABLE crossovers AS
SELECT a.experiment_id, a.user_id, min(r.variant) AS variant, min(r.variant) <> max(r.variant) AS tied
FROM assigned a
JOIN assignments r
  ON r.experiment_id = a.experiment_id AND r.user_id = a.user_id AND r.assigned_ts = a.assigned_at
WHERE a.excluded = 'crossovers'
GROUP BY a.experiment_id, a.user_id;

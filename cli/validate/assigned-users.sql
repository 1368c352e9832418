-- Users of an experiment; more than one variant is a crossover.
CREATE TABLE assigned_users AS
SELECT
  experiment_id,
  user_id,
  min(variant) AS variant,
  count(DISTINCT variant) AS variants,
  min(assigned_ts) AS assigned_ts,
  max(_row) AS _row
FROM accepted_experiment_assignments
GROUP BY experiment_id, user_id;

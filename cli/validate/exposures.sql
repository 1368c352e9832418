-- Users of one experiment with one variant, by when they saw the exposure event.
WITH seen AS (
  SELECT _user AS user_id, max(event_ts) AS last_ts
  FROM accepted_events WHERE _name = {{exposure}} GROUP BY _user
)
SELECT
  count(*) AS assigned,
  count(*) FILTER (last_ts >= assigned_ts) AS exposed,
  count(*) FILTER (last_ts < assigned_ts) AS only_before,
  min(_row) FILTER (last_ts < assigned_ts) AS first_row
FROM assigned_users LEFT JOIN seen USING (user_id)
WHERE experiment_id = {{experiment}} AND variants = 1;

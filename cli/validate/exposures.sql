-- Users of one experiment with one variant, by when they saw the exposure event.
WITH seen AS (
  SELECT user_id, min(event_ts) AS first_ts, max(event_ts) AS last_ts
  FROM named_events WHERE _name = {{exposure}} GROUP BY user_id
)
SELECT
  count(*) AS assigned,
  count(*) FILTER (last_ts >= assigned_ts) AS exposed,
  count(*) FILTER (last_ts < assigned_ts) AS only_before,
  min(_position) FILTER (last_ts < assigned_ts) AS position
FROM assigned_users LEFT JOIN seen USING (user_id)
WHERE experiment_id = {{experiment}} AND variants = 1;

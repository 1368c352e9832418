-- Users whose activity on some day is beyond a person's.
INSERT INTO excluded_users
SELECT DISTINCT user_id FROM (
  SELECT user_id FROM events GROUP BY user_id, CAST(event_ts AS DATE) HAVING count(*) > {{max_events_per_day}}
);

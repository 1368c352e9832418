-- Users that are no people: listed, or active on some day beyond what a person could be.
CREATE TABLE excluded_users AS
SELECT user_id FROM listed_users
UNION
SELECT user_id FROM (
  SELECT user_id FROM events
  WHERE {{max_events_per_day}} IS NOT NULL
  GROUP BY user_id, CAST(event_ts AS DATE) HAVING count(*) > {{max_events_per_day}}
);

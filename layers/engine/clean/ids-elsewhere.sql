-- Of the event ids of this bucket those that other buckets have as well, each with a row that has it there. Rows that name
-- no user lie in every bucket, and belong to that of their session's user.
CREATE TABLE events_elsewhere AS
SELECT event_id, min(_row) AS _row
FROM (
  SELECT event_id, {{row}} AS _row
  FROM read_parquet({{files}}, filename = true)
  WHERE _bucket <> {{bucket}} AND event_id IN (SELECT event_id FROM own_events)
  UNION ALL
  SELECT event_id, _row
  FROM (FROM staged_events WHERE user_id IS NULL) ANTI JOIN own_events USING (_row)
  WHERE event_id IN (SELECT event_id FROM own_events)
)
GROUP BY event_id;

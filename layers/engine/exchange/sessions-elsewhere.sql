-- What a bucket has to know of the sessions that it has, or that its events refer to, where users of other buckets have
-- rows of them: who they are, from when to when, and the first row.
CREATE TABLE session_places AS
SELECT session_id, _bucket, min(user_id) AS first_user, max(user_id) AS last_user,
  min(session_start_ts) AS session_start_ts, max(session_end_ts) AS session_end_ts, min(_row) AS _row
FROM session_users GROUP BY session_id, _bucket;

CREATE TABLE sessions_elsewhere AS
SELECT reader._bucket AS _share, place.session_id, min(place.first_user) AS first_user, max(place.last_user) AS last_user,
  min(place.session_start_ts) AS session_start_ts, max(place.session_end_ts) AS session_end_ts, min(place._row) AS _row
FROM (SELECT session_id, _bucket FROM session_references UNION ALL SELECT session_id, _bucket FROM session_places) reader
JOIN session_places place ON place.session_id = reader.session_id AND place._bucket <> reader._bucket
GROUP BY reader._bucket, place.session_id;

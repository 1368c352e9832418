-- Events that name no user, with the bucket of the user of their session. Where the session has none, or rows of several,
-- an event belongs to nobody: such are spread by their ids, so that repeats of one meet.
SELECT event.*, coalesce(owner._bucket, {{nobodys}}) AS _share
FROM userless_events event
LEFT JOIN (
  SELECT session_id, min(_bucket) AS _bucket
  FROM session_places GROUP BY session_id HAVING min(first_user) = max(last_user)
) owner ON owner.session_id = event.session_id

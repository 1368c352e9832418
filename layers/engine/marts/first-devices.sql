-- Device of the first session that names one, of the exposed users of whom it is asked; simultaneous sessions by id.
CREATE TABLE first_devices AS
SELECT m.user_id, arg_min(s.device, s.session_id) AS device
FROM (
  SELECT s.user_id, min(s.session_start_ts) AS session_start_ts
  FROM sessions s
  SEMI JOIN ({{users}}) x ON x.user_id = s.user_id
  WHERE s.device IS NOT NULL
  GROUP BY s.user_id
) m
JOIN sessions s ON s.user_id = m.user_id AND s.session_start_ts = m.session_start_ts
WHERE s.device IS NOT NULL
GROUP BY m.user_id;
